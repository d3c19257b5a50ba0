import { ExchangeFailure, type FailureDetails, type ProblemCode } from '../history/failure.ts';
import type { KeyReport, OpenKey } from '../history/ports.ts';
import type { BitmartClient, BitmartRequest } from './client.ts';
import { bitmartStreams } from './streams/index.ts';

type Finding = KeyReport['problems'][number];

/**
 * Looks at a key with the smallest reads there are, in the order in which a mistake can be named: the exchange's clock, the
 * key itself (a KEYED read), secret and memo (a SIGNED read; a KEYED one proves nothing about them), what BitMart says of
 * the key, and one smallest read per stream, so that "this key can't read futures" is known at once.
 */
export async function checkKey(
  client: BitmartClient,
  key: OpenKey,
  options: { readonly subAccount: string | null },
  signal: AbortSignal,
): Promise<KeyReport> {
  const keyed = await attempt(() => client.ask(keyedRead, key, signal), signal);
  if (keyed && keyed.kind !== 'refused-stream') {
    const verdict = verdictOf(keyed, key);
    if (verdict) return verdict;
  }
  const clockMs = client.clockMs();
  const signed = await attempt(() => client.ask(signedRead(clockMs), key, signal), signal);
  if (signed && signed.kind !== 'refused-stream') {
    const verdict = verdictOf(signed, key);
    if (verdict) return verdict;
  }
  const info = await keyInfo(client, key, signal);
  const problems: Finding[] = [...(await streamFindings(client, key, signed, signal))];
  if (options.subAccount !== null && info?.accountType === 'main') {
    problems.push({
      code: 'sub-account-needs-own-key',
      detail: `"${options.subAccount}" is a sub-account, and this is the main account's key.`,
    });
  }
  if (info?.canWithdraw) problems.push({ code: 'key-can-withdraw', detail: '' });
  else if (info?.canTrade) problems.push({ code: 'key-can-trade', detail: '' });
  return {
    accepted: true,
    conclusive: true,
    readOnly: info === null ? null : !info.canWithdraw && !info.canTrade,
    permissions: info?.permissions ?? [],
    keyExpiresAtMs: info?.expiresAtMs ?? null,
    exchangeAccountId: info?.exchangeAccountId ?? null,
    problems,
  };
}

const keyedRead: BitmartRequest = {
  host: 'spot',
  method: 'GET',
  endpoint: '/account/v1/wallet',
  level: 'keyed',
  parameters: {},
};

function signedRead(clockMs: number): BitmartRequest {
  const parameters = { startTime: clockMs - 3_600_000, endTime: clockMs, limit: 1 };
  return { host: 'spot', method: 'POST', endpoint: '/spot/v4/query/trades', level: 'signed', parameters };
}

/** The failure of a look, or null when it succeeded. */
async function attempt(look: () => Promise<unknown>, signal: AbortSignal): Promise<FailureDetails | null> {
  try {
    await look();
    return null;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ExchangeFailure) return error.details;
    throw error;
  }
}

/** A refusal of the whole key, or "can't be told now"; null when the failure says nothing about the key as a whole. */
function verdictOf(failure: FailureDetails, key: OpenKey): KeyReport | null {
  const report = { readOnly: null, permissions: [], keyExpiresAtMs: null, exchangeAccountId: null } as const;
  const code = failure.problem ?? 'exchange-unreachable';
  if (failure.kind === 'refused-key') {
    const detail = code === 'wrong-secret-or-memo' ? memoHint(key.memo) : '';
    return { ...report, accepted: false, conclusive: true, problems: [{ code, detail }] };
  }
  if (failure.kind === 'not-opened') return null;
  return { ...report, accepted: false, conclusive: false, problems: [{ code, detail: failure.message }] };
}

/** What about the memo looks wrong, without showing it. */
function memoHint(memo: string): string {
  if (memo.trim() === '') return 'The memo is empty: it is the text that was typed when the key was made.';
  if (/^\d{6,}$/.test(memo))
    return 'The memo looks like an account number: it is the text that was typed when the key was made.';
  if (memo !== memo.trim()) return 'The memo begins or ends with a blank.';
  if (/[^\w .-]/.test(memo))
    return 'The memo holds symbols; they are known to make trouble. A key with a memo of letters and digits is safer.';
  return '';
}

interface KeyInfo {
  readonly accountType: string | null;
  readonly permissions: readonly string[];
  readonly canTrade: boolean;
  readonly canWithdraw: boolean;
  readonly expiresAtMs: number | null;
  readonly exchangeAccountId: string | null;
}

const infoRead: BitmartRequest = {
  host: 'spot',
  method: 'GET',
  endpoint: '/uapi-key/v1/account/info',
  level: 'keyed',
  parameters: {},
};

/** What BitMart tells of the key itself, or null: whether a read-only key may ask is not documented, and a refusal is no problem. */
async function keyInfo(client: BitmartClient, key: OpenKey, signal: AbortSignal): Promise<KeyInfo | null> {
  try {
    const data = await client.askLoosely(infoRead, key, signal);
    if (data === null) return null;
    const keys = Array.isArray(data.api_keys) ? (data.api_keys as Record<string, unknown>[]) : [];
    const current =
      keys.find((candidate) => candidate.is_current === true) ?? (keys.length === 1 ? keys[0] : undefined);
    if (current === undefined) return null;
    const permissions = Array.isArray(current.permissions) ? current.permissions.map(String) : [];
    return {
      accountType: typeof data.account_type === 'string' ? data.account_type.toLowerCase() : null,
      permissions,
      canTrade: permissions.some((permission) => /trade|margin|contract|transfer/i.test(permission)),
      canWithdraw: permissions.some((permission) => /withdraw/i.test(permission)),
      expiresAtMs: instantOf(current.api_key_expire_time),
      exchangeAccountId: data.cid === undefined || data.cid === null || data.cid === '' ? null : String(data.cid),
    };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ExchangeFailure) return null;
    throw error;
  }
}

/** The unit is not documented: by magnitude. Zero means that the key does not expire. */
function instantOf(value: unknown): number | null {
  const number = Number(value);
  if (!Number.isFinite(number) || number <= 0) return null;
  return number < 100_000_000_000 ? number * 1_000 : number;
}

async function streamFindings(
  client: BitmartClient,
  key: OpenKey,
  signed: FailureDetails | null,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const bitmart of bitmartStreams) {
    const { stream } = bitmart;
    const toMs = Math.floor((client.clockMs() - 60_000) / stream.unitMs) * stream.unitMs;
    const bounds = { fromMs: toMs - 60_000, toMs };
    const question = { part: stream.parts[0] as string, core: { from: bounds.fromMs, to: bounds.toMs } };
    // The signed read was of this very endpoint.
    const wasAsked = stream.endpoint === '/spot/v4/query/trades';
    const failure = wasAsked
      ? signed
      : await attempt(() => client.ask(bitmart.request(question, bounds), key, signal), signal);
    if (failure?.kind === 'refused-stream') {
      findings.push({
        code: (failure.problem ?? 'no-permission') as ProblemCode,
        stream: stream.name,
        detail: failure.message,
      });
    }
  }
  return findings;
}
