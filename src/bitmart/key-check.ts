import { slipsBehind, slipsOf } from '../history/credentials-slips.ts';
import type { FailureDetails } from '../history/failure.ts';
import type { KeyCheckOptions, KeyCheckStep, KeyFinding, KeyReport, OpenKey } from '../history/ports.ts';
import { walletRead } from './balances.ts';
import type { Asker } from './client.ts';
import { isEndpointGone } from './error-table.ts';
import { type KeyInfo, readKeyInfo } from './key-info.ts';
import {
  asked,
  attempt,
  isAway,
  mayConcernOneEndpoint,
  ofOneStream,
  readableStreams,
  showsKey,
  signedRead,
  smallestRead,
  witnessOf,
} from './key-witness.ts';
import { spotTrades } from './streams/spot-trades.ts';
import { transfers } from './streams/transfers.ts';

/**
 * Looks at a key with the smallest reads there are, in the order in which a mistake can be named: the exchange's clock, the
 * key itself (a KEYED read), secret and memo (a SIGNED read; a KEYED one proves nothing about them), what BitMart says of
 * the key, and one smallest read per stream, so that "this key can't read futures" is known at once and concerns it alone.
 */
export async function checkKey(
  asker: Asker,
  { subAccount, onStep = () => undefined }: KeyCheckOptions,
): Promise<KeyReport> {
  const { client, key, signal } = asker;
  const clock = await attempt(() => client.measureClock(signal), signal);
  onStep({ step: 'clock', ...judged(clock) });
  if (clock) return undecided(clock);
  // Asked side by side, because a person waits; judged one after the other.
  const [keyed, signed] = await Promise.all([asked(asker, walletRead), asked(asker, signedRead(client.clockMs()))]);
  const known = await witnessOf({ keyed, signed: async () => signed }, asker);
  const verdict = verdictOf(known, key);
  for (const step of stepsOfKey(verdict)) onStep(step);
  if (verdict) return verdict;
  // Transfers are signed too. Most keys may not read them; the signature is judged before that.
  const proof = isAway(signed) ? await asked(asker, smallestRead(transfers, client.clockMs())) : signed;
  const isUnproved = proof !== signed && !showsKey(proof) && proof?.problem !== 'wrong-secret-or-memo';
  const concernsOneEndpoint = known === null && mayConcernOneEndpoint(proof);
  const signedVerdict = isUnproved || concernsOneEndpoint ? null : verdictOf(proof, key);
  onStep({ step: 'secret', ...(isUnproved ? { verdict: 'unknown' } : judged(signedVerdict && proof)) });
  if (signedVerdict) return signedVerdict;
  const [{ info, isAway: isInfoAway }, findings] = await Promise.all([
    readKeyInfo(asker).then((read) => {
      for (const step of stepsOfInfo(read.info)) onStep(step);
      return read;
    }),
    streamFindings(asker, { signed, onStep }),
  ]);
  return {
    accepted: true,
    conclusive: true,
    readOnly: info?.readOnly ?? null,
    permissions: info?.permissions ?? [],
    keyExpiresAtMs: info?.expiresAtMs ?? null,
    exchangeAccountId: info?.exchangeAccountId ?? null,
    incomplete: isInfoAway || (isUnproved && !isEndpointGone(signed)),
    problems: [...findings, ...keyFindings(info, subAccount)],
  };
}

/** A refusal of the whole key, or "not known now"; null when the failure says nothing about the key as a whole. */
function verdictOf(failure: FailureDetails | null, key: OpenKey): KeyReport | null {
  if (showsKey(failure)) return null;
  if (failure?.kind !== 'refused-key') return undecided(failure as FailureDetails);
  const code = failure.problem ?? 'wrong-key';
  const slips = slipsBehind(code, slipsOf(key.credentials));
  const facts = slips.length > 0 ? { slips } : {};
  return { ...nothingTold, accepted: false, conclusive: true, problems: [{ code, detail: '', facts }] };
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
 * One smallest read per stream, side by side: they are of different endpoints, and a person waits. What needs more than
 * reading says nothing of a key that reads.
 */
async function streamFindings(
  asker: Asker,
  about: { readonly signed: FailureDetails | null; readonly onStep: (step: KeyCheckStep) => void },
): Promise<readonly KeyFinding[]> {
  const findings = await Promise.all(
    readableStreams.map(async (bitmart) => {
      const { stream } = bitmart;
      // The signed read was of this very endpoint.
      const wasAsked = stream.endpoint === spotTrades.stream.endpoint;
      const failure = wasAsked ? about.signed : await asked(asker, smallestRead(bitmart, asker.client.clockMs()));
      const finding = findingOf(stream.name, failure);
      const verdict = finding ? 'failed' : showsKey(failure) ? 'passed' : 'unknown';
      about.onStep({ step: `stream:${stream.name}`, verdict, ...(finding && { problem: finding.code }) });
      return finding ?? [];
    }),
  );
  return findings.flat();
}

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

function keyFindings(info: KeyInfo | null, subAccount: string | null): readonly KeyFinding[] {
  const findings: KeyFinding[] = [];
  if (subAccount && info?.accountType === 'main') {
    findings.push({ code: 'sub-account-needs-own-key', detail: '', facts: { subAccount } });
  }
  if (info?.canWithdraw) findings.push({ code: 'key-can-withdraw', detail: '' });
  if (info?.canTrade) findings.push({ code: 'key-can-trade', detail: '' });
  return findings;
}
