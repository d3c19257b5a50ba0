import { ExchangeFailure } from '../history/failure.ts';
import type { OpenKey } from '../history/ports.ts';
import { permissions as clampedPermissions, exchangeAccountIdPattern } from './clamps.ts';
import type { Asker } from './client.ts';
import { isEndpointGone } from './error-table.ts';
import type { BitmartRequest } from './transport.ts';

export interface KeyInfo {
  /** `main` or `sub`. */
  readonly accountType: string | null;
  readonly permissions: readonly string[];
  readonly canTrade: boolean;
  readonly canWithdraw: boolean;
  /** Null when it is unknown: nothing is said of this key's rights, or something that we don't know the meaning of. */
  readonly readOnly: boolean | null;
  readonly expiresAtMs: number | null;
  readonly exchangeAccountId: string | null;
}

interface KeyInfoRead {
  /** Null if BitMart refuses, which is no problem: whether a read-only key may ask is not documented. */
  readonly info: KeyInfo | null;
  /** It could not answer just now. */
  readonly isAway: boolean;
}

const infoRead: BitmartRequest = {
  host: 'spot',
  method: 'GET',
  endpoint: '/uapi-key/v1/account/info',
  // Not published: the same as the slowest published limit.
  callsIn2Seconds: 2,
  level: 'keyed',
  parameters: {},
};

/** What BitMart reports about the key itself. */
export async function readKeyInfo({ client, key, signal }: Asker): Promise<KeyInfoRead> {
  try {
    const data = await client.askLoosely(infoRead, key, signal);
    const info = data && keyInfoOf(data, key, () => client.noteClamp('text', infoRead.endpoint));
    return { info, isAway: false };
  } catch (error) {
    if (!(error instanceof ExchangeFailure)) throw error;
    signal.throwIfAborted();
    return { info: null, isAway: !isEndpointGone(error.details) };
  }
}

function keyInfoOf(data: Readonly<Record<string, unknown>>, key: OpenKey, note: () => void): KeyInfo {
  const current = currentKey(data.api_keys);
  const reported: readonly unknown[] = Array.isArray(current?.permissions) ? current.permissions : [];
  const permissions = reported
    .filter((permission) => isPermission(permission, key))
    .slice(0, clampedPermissions.maxEntries);
  const rights = permissions.map(rightOf);
  const canTrade = rights.includes('trade');
  const canWithdraw = rights.includes('withdraw');
  const isWithheld = permissions.length < reported.length;
  if (isWithheld) note();
  const untold = permissions.length === 0 || isWithheld || rights.includes('unknown');
  return {
    accountType: typeof data.account_type === 'string' ? data.account_type.toLowerCase() : null,
    permissions: isWithheld ? [] : permissions,
    canTrade,
    canWithdraw,
    readOnly: canTrade || canWithdraw ? false : untold ? null : true,
    expiresAtMs: instantOf(current?.api_key_expire_time),
    exchangeAccountId: identifierOf(data.cid, key),
  };
}

/** An account may have several keys. BitMart marks the one that asks; if it does not, the account's facts still hold. */
function currentKey(reported: unknown): Readonly<Record<string, unknown>> | undefined {
  const keys = Array.isArray(reported)
    ? reported.filter((key): key is Record<string, unknown> => typeof key === 'object' && key !== null)
    : [];
  return keys.find((key) => key.is_current === true) ?? (keys.length === 1 ? keys[0] : undefined);
}

/** It is shown to people and stored in Temporal, so it must be a short text of letters, and nothing that was sent. */
function isPermission(value: unknown, { credentials }: OpenKey): value is string {
  return typeof value === 'string' && clampedPermissions.pattern.test(value) && !value.includes(credentials.apiKey);
}

/** The exact words are not documented; these are the permissions' names on the website and in the API's tables. */
function rightOf(permission: string): 'read' | 'trade' | 'withdraw' | 'unknown' {
  if (/withdraw/i.test(permission)) return 'withdraw';
  if (/trad|margin|transfer|contract|future|order/i.test(permission)) return 'trade';
  return /^read([ _-]?only)?$/i.test(permission.trim()) ? 'read' : 'unknown';
}

/** A number keeps its own digits. */
function identifierOf(value: unknown, { credentials }: OpenKey): string | null {
  const text = typeof value === 'string' ? value.trim() : '';
  // A number that is not written digit by digit may be a rounded one.
  if (!Number.isNaN(Number(text)) && !/^\d+$/.test(text)) return null;
  // Elsewhere BitMart writes "none" as zero, which must not make one account of many.
  return text === '0' || !exchangeAccountIdPattern.test(text) || text.includes(credentials.apiKey) ? null : text;
}

/** No key is valid for longer; a later instant is not a date that Postgres or a calendar can hold. */
const latestExpiryMs = Date.UTC(2100, 0, 1);

/** The unit is not documented, so it is guessed by magnitude. Zero means that the key does not expire. */
function instantOf(value: unknown): number | null {
  const number = typeof value === 'string' ? Number(value) : Number.NaN;
  if (!Number.isFinite(number) || number <= 0) return null;
  const ms = Math.floor(number < 100_000_000_000 ? number * 1_000 : number);
  return ms < latestExpiryMs ? ms : null;
}
