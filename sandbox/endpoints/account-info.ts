import type { Key } from '../account.ts';
import type { PrivateEndpoint } from '../call.ts';

/** What the exchange says of an account and its keys, in an envelope that only this endpoint has. */
export const accountInfo: PrivateEndpoint = {
  method: 'GET',
  path: '/uapi-key/v1/account/info',
  level: 'keyed',
  // Not published; the least that any endpoint allows.
  limit: { calls: 2, windowMs: 2_000 },
  answer: ({ account, key, clockMs }) => {
    const isSub = account.accountType === 'sub';
    const data = {
      cid: account.cid,
      account_type: account.accountType,
      parent_cid: isSub ? `${account.cid}0` : null,
      account_status: 'active',
      kyc_level: '1',
      register_time: account.registeredMs,
      broker_id: '',
      api_keys: [...account.keys].map((one, i) => ({
        ...reported(one, one === key, clockMs),
        api_key_label: `Key ${i + 1}`,
      })),
    };
    const text = JSON.stringify({ code: 1000, msg: 'success', data, errorData: null, success: true });
    return { httpStatus: 200, code: 1_000, headers: {}, text, rows: 0 };
  },
};

function reported(key: Key, isCurrent: boolean, clockMs: number) {
  const isExpired = key.expiresAtMs !== null && key.expiresAtMs <= clockMs;
  return {
    access_key_masked: `${key.apiKey.slice(0, 4)}****${key.apiKey.slice(-4)}`,
    is_current: isCurrent,
    permissions: key.permissions,
    ip_whitelist: key.allowedAddresses,
    api_key_created_time: key.createdMs,
    api_key_expire_time: key.expiresAtMs ?? 0,
    api_key_status: isExpired ? 'expired' : key.status,
  };
}
