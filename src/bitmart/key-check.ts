import { slipsBehind, slipsOf } from '../history/credentials-slips.ts';
import { ExchangeFailure, type FailureDetails, type FailureKind } from '../history/failure.ts';
import type { KeyCheckOptions, KeyCheckStep, KeyFinding, KeyReport, OpenKey } from '../history/ports.ts';
import { walletRead } from './balances.ts';
import type { BitmartStream } from './bitmart-stream.ts';
import type { BitmartClient } from './client.ts';
import { type KeyInfo, readKeyInfo } from './key-info.ts';
import { bitmartStreams } from './streams/index.ts';
import { spotTrades } from './streams/spot-trades.ts';
import type { BitmartRequest } from './transport.ts';

/**
 * Looks at a key with the smallest reads there are, in the order in which a mistake can be named: the exchange's clock, the
 * key itself (a KEYED read), secret and memo (a SIGNED read; a KEYED one proves nothing about them), what BitMart says of
 * the key, and one smallest read per stream, so that "this key can't read futures" is known at once and concerns it alone.
 */
export async function checkKey(
  client: BitmartClient,
  key: OpenKey,
  { subAccount, onStep = () => undefined }: KeyCheckOptions,
  signal: AbortSignal,
): Promise<KeyReport> {
  const clock = await attempt(() => client.measureClock(signal), signal);
  onStep({ step: 'clock', ...judged(clock) });
  if (clock) return undecided(clock);
  // Asked side by side, because a person waits; judged one after the other.
  const [keyed, signed] = await Promise.all([
    attempt(() => client.ask(walletRead, key, signal), signal),
    attempt(() => client.ask(signedRead(client.clockMs()), key, signal), signal),
  ]);
  const signedDecides = isGone(keyed) && (signed === null || signed.kind === 'refused-key');
  const verdict = verdictOf(signedDecides ? signed : keyed, key);
  for (const step of stepsOfKey(verdict)) onStep(step);
  if (verdict) return verdict;
  const keyedDecides = keyed === null && isGone(signed);
  const signedVerdict = keyedDecides || concernsOneEndpoint(keyed, signed) ? null : verdictOf(signed, key);
  const isUnproved = keyedDecides || signed?.facts?.isEndpointWithdrawn === true;
  onStep({ step: 'secret', ...(isUnproved ? { verdict: 'unknown' } : judged(signedVerdict && signed)) });
  if (signedVerdict) return signedVerdict;
  const [info, findings] = await Promise.all([
    readKeyInfo(client, key, signal).then((info) => {
      for (const step of stepsOfInfo(typeof info === 'string' ? null : info)) onStep(step);
      return info;
    }),
    streamFindings(client, key, { signed, onStep }, signal),
  ]);
  const reported = typeof info === 'string' ? null : info;
  return {
    accepted: true,
    conclusive: true,
    readOnly: reported?.readOnly ?? null,
    permissions: reported?.permissions ?? [],
    keyExpiresAtMs: reported?.expiresAtMs ?? null,
    exchangeAccountId: reported?.exchangeAccountId ?? null,
    incomplete: info === 'away',
    problems: [...findings, ...keyFindings(reported, subAccount)],
  };
}

/** A read that changes nothing and is signed; recent and of one row, so that it is the smallest there is. */
function signedRead(clockMs: number): BitmartRequest {
  const bounds = { fromMs: clockMs - 3_600_000, toMs: clockMs };
  const request = spotTrades.request({ part: 'all', core: { from: bounds.fromMs, to: bounds.toMs } }, bounds);
  return { ...request, parameters: { ...request.parameters, limit: 1 } };
}

/** The failure of a look, or null when it succeeded. */
async function attempt(look: () => Promise<unknown>, signal: AbortSignal): Promise<FailureDetails | null> {
  try {
    await look();
    return null;
  } catch (error) {
    if (!(error instanceof ExchangeFailure)) throw error;
    signal.throwIfAborted();
    return error.details;
  }
}

/** A refusal of the whole key, or "not known now"; null when the failure says nothing about the key as a whole. */
function verdictOf(failure: FailureDetails | null, key: OpenKey): KeyReport | null {
  if (failure === null || saysNothingOfTheKey.has(failure.kind)) return null;
  if (failure.kind !== 'refused-key') return undecided(failure);
  const code = failure.problem ?? 'wrong-key';
  const slips = slipsBehind(code, slipsOf(key.credentials));
  const facts = slips.length > 0 ? { slips } : {};
  return { ...nothingTold, accepted: false, conclusive: true, problems: [{ code, detail: '', facts }] };
}

const saysNothingOfTheKey: ReadonlySet<FailureKind> = new Set([
  'refused-stream',
  'not-opened',
  'beyond-reach',
  'unknown-symbol',
]);

/** The endpoint was removed without BitMart's own code for that (30031). That says nothing of the key: the other read decides. */
function isGone(failure: FailureDetails | null): boolean {
  return failure?.kind === 'unexpected' && failure.httpStatus === 404;
}

function undecided(failure: FailureDetails): KeyReport {
  const code = failure.problem ?? 'exchange-unreachable';
  return { ...nothingTold, accepted: false, conclusive: false, problems: [{ code, detail: failure.message }] };
}

const nothingTold = {
  readOnly: null,
  permissions: [],
  keyExpiresAtMs: null,
  exchangeAccountId: null,
  incomplete: true,
} as const;

/**
 * Expired, frozen or bound to addresses is true of every endpoint or of none: said by one while the key was just accepted
 * by another, it is that one's way of saying "no permission". Secret and memo alone are proved by no KEYED read.
 */
function concernsOneEndpoint(keyed: FailureDetails | null, other: FailureDetails | null): boolean {
  return keyed === null && other?.kind === 'refused-key' && other.problem !== 'wrong-secret-or-memo';
}

/**
 * One smallest read per stream, side by side: they are of different endpoints, and a person waits. What needs more than
 * reading says nothing of a key that reads.
 */
async function streamFindings(
  client: BitmartClient,
  key: OpenKey,
  about: { readonly signed: FailureDetails | null; readonly onStep: (step: KeyCheckStep) => void },
  signal: AbortSignal,
): Promise<readonly KeyFinding[]> {
  const findings = await Promise.all(
    readableStreams.map(async (bitmart) => {
      const { stream } = bitmart;
      const toMs = Math.floor((client.clockMs() - 60_000) / stream.unitMs) * stream.unitMs;
      const bounds = { fromMs: toMs - 60_000, toMs };
      const question = { part: stream.parts[0] as string, core: { from: bounds.fromMs, to: bounds.toMs } };
      // The signed read was of this very endpoint.
      const wasAsked = stream.endpoint === spotTrades.stream.endpoint;
      const failure = wasAsked
        ? about.signed
        : await attempt(() => client.ask(bitmart.request(question, bounds), key, signal), signal);
      const finding = findingOf(stream.name, failure);
      const verdict = finding
        ? 'failed'
        : failure === null || saysNothingOfTheKey.has(failure.kind)
          ? 'passed'
          : 'unknown';
      about.onStep({ step: `stream:${stream.name}`, verdict, ...(finding && { problem: finding.code }) });
      return finding ?? [];
    }),
  );
  return findings.flat();
}

const readableStreams = (bitmartStreams as readonly BitmartStream[]).filter(({ stream }) => stream.right === undefined);

function findingOf(stream: string, failure: FailureDetails | null): KeyFinding | null {
  if (failure?.kind !== 'refused-stream' && failure?.kind !== 'refused-key') return null;
  const { problem, message, facts } = ofOneStream(failure);
  const detail = `${message}.`.replace(/\.\.$/, '.');
  return { code: problem ?? 'no-permission', stream, detail, ...(facts && { facts }) };
}

function judged(failure: FailureDetails | null): Pick<KeyCheckStep, 'verdict' | 'problem'> {
  if (failure === null) return { verdict: 'passed' };
  const problem = failure.problem ?? 'exchange-unreachable';
  const passes = problem === 'exchange-unreachable' || problem === 'unexpected-answer';
  return { verdict: passes ? 'unknown' : 'failed', problem };
}

/** What the KEYED read shows: it is refused for the key's address or day only where the key itself is known. */
function stepsOfKey(verdict: KeyReport | null): readonly KeyCheckStep[] {
  const code = verdict?.problems[0]?.code;
  if (code === undefined) return [passed('key'), passed('address')];
  if (!verdict?.conclusive) return [{ step: 'key', verdict: 'unknown', problem: code }];
  if (code === 'ip-not-allowed') return [passed('key'), { step: 'address', verdict: 'failed', problem: code }];
  if (code === 'key-expired') return [passed('key'), { step: 'expiry', verdict: 'failed', problem: code }];
  if (code === 'wrong-secret-or-memo') return [passed('key'), { step: 'secret', verdict: 'failed', problem: code }];
  return [{ step: 'key', verdict: 'failed', problem: code }];
}

function stepsOfInfo(info: KeyInfo | null): readonly KeyCheckStep[] {
  const problem = info?.canWithdraw ? 'key-can-withdraw' : info?.canTrade ? 'key-can-trade' : null;
  return [
    problem
      ? { step: 'permissions', verdict: 'failed', problem }
      : { step: 'permissions', verdict: info?.readOnly ? 'passed' : 'unknown' },
    { step: 'expiry', verdict: info === null ? 'unknown' : 'passed' },
  ];
}

function passed(step: KeyCheckStep['step']): KeyCheckStep {
  return { step, verdict: 'passed' };
}

/** A refusal of a key that works elsewhere, as what it is for the one stream that got it. */
export function ofOneStream(failure: FailureDetails): FailureDetails {
  if (failure.kind !== 'refused-key') return failure;
  const problem = failure.problem === 'account-restricted' ? failure.problem : 'no-permission';
  return { ...failure, kind: 'refused-stream', problem };
}

function keyFindings(info: KeyInfo | null, subAccount: string | null): readonly KeyFinding[] {
  const findings: KeyFinding[] = [];
  if (subAccount && info?.accountType === 'main') {
    findings.push({ code: 'sub-account-needs-own-key', detail: '', facts: { subAccount } });
  }
  if (info?.canWithdraw) findings.push({ code: 'key-can-withdraw', detail: '' });
  if (info?.canTrade) findings.push({ code: 'key-can-trade', detail: '' });
  return findings;
}
