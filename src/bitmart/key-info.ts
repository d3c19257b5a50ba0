import { ExchangeFailure } from '../history/failure.ts';
import type { OpenKey } from '../history/ports.ts';
import type { BitmartClient, BitmartRequest } from './client.ts';

/** What BitMart tells of a key and its account. */
export interface KeyInfo {
  /** `main` or `sub`. */
  readonly accountType: string | null;
  readonly permissions: readonly string[];
  readonly canTrade: boolean;
  readonly canWithdraw: boolean;
  /** Null when it can't be told: nothing is said of this key's rights, or something that we don't know the meaning of. */
  readonly readOnly: boolean | null;
  readonly expiresAtMs: number | null;
  readonly exchangeAccountId: string | null;
}

const infoRead: BitmartRequest = {
  host: 'spot',
  method: 'GET',
  endpoint: '/uapi-key/v1/account/info',
  // Not published: as few as for the slowest endpoint that is.
  callsIn2Seconds: 2,
  level: 'keyed',
  parameters: {},
};

/**
 * What BitMart tells of the key itself. `refused`: whether a read-only key may ask is not documented, and a refusal is no
 * problem. `away`: it could not be told just now.
 */
export async function readKeyInfo(
  client: BitmartClient,
  key: OpenKey,
  signal: AbortSignal,
): Promise<KeyInfo | 'refused' | 'away'> {
  try {
    const data = await client.askLoosely(infoRead, key, signal);
    return data === null ? 'refused' : keyInfoOf(data);
  } catch (error) {
    if (!(error instanceof ExchangeFailure)) throw error;
    signal.throwIfAborted();
    return 'away';
  }
}

function keyInfoOf(data: Readonly<Record<string, unknown>>): KeyInfo {
  const current = currentKey(data.api_keys);
  const permissions = Array.isArray(current?.permissions) ? current.permissions.map(String) : [];
  const rights = permissions.map(rightOf);
  const canTrade = rights.includes('trade');
  const canWithdraw = rights.includes('withdraw');
  const untold = permissions.length === 0 || rights.includes('unknown');
  return {
    accountType: typeof data.account_type === 'string' ? data.account_type.toLowerCase() : null,
    permissions,
    canTrade,
    canWithdraw,
    readOnly: canTrade || canWithdraw ? false : untold ? null : true,
    expiresAtMs: instantOf(current?.api_key_expire_time),
    exchangeAccountId: identifierOf(data.cid),
  };
}

/** An account may have several keys; which one asks is told, and where it is not, the account's facts hold all the same. */
function currentKey(told: unknown): Readonly<Record<string, unknown>> | undefined {
  const keys = Array.isArray(told)
    ? told.filter((key): key is Record<string, unknown> => typeof key === 'object' && key !== null)
    : [];
  return keys.find((key) => key.is_current === true) ?? (keys.length === 1 ? keys[0] : undefined);
}

/** The exact words are not documented; these are the permissions' names on the website and in the API's tables. */
function rightOf(permission: string): 'read' | 'trade' | 'withdraw' | 'unknown' {
  if (/withdraw/i.test(permission)) return 'withdraw';
  if (/trad|margin|transfer|contract|future|order/i.test(permission)) return 'trade';
  return /^read([ _-]?only)?$/i.test(permission.trim()) ? 'read' : 'unknown';
}

function identifierOf(value: unknown): string | null {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
  // A zero is how BitMart writes "none" elsewhere: it must not make one account of many.
  return text === '' || text === '0' ? null : text;
}

/** The unit is not documented: by magnitude. Zero means that the key does not expire. */
function instantOf(value: unknown): number | null {
  const number = Number(value);
  if (!Number.isFinite(number) || number <= 0) return null;
  return number < 100_000_000_000 ? number * 1_000 : number;
}
