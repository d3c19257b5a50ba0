import type { Problem } from '../history/failure.ts';
import type { KeyReport } from '../history/ports.ts';
import { describeProblem } from '../history/problem-texts.ts';
import type { ActivitySettings } from './dependencies.ts';

const expiryNoticeMs = 14 * 86_400_000;

/** What a look at a key found, in words for its user. */
export function problemsOf(
  report: KeyReport,
  settings: Pick<ActivitySettings, 'egressAddresses'>,
  nowMs: number,
): readonly Problem[] {
  const found = report.problems.map(({ code, stream, detail }) => {
    const addresses = settings.egressAddresses.join(', ');
    const ours = code === 'ip-not-allowed' && addresses !== '' ? `Our addresses: ${addresses}.` : detail;
    return describeProblem({ code, stream, detail: ours });
  });
  const expiry = expiryProblem(report.keyExpiresAtMs, nowMs);
  return expiry ? [...found, expiry] : found;
}

/** Told two weeks ahead; null before, and for a key that does not expire. */
export function expiryProblem(expiresAtMs: number | null, nowMs: number): Problem | null {
  if (expiresAtMs === null || expiresAtMs - nowMs > expiryNoticeMs) return null;
  const day = new Date(expiresAtMs).toISOString().slice(0, 10);
  return describeProblem({ code: 'key-expires-soon', detail: `Its last day is ${day}.` });
}

/** The problems for which our own policy refuses a key that the exchange accepts, or null. */
export function refusalByPolicy(
  problems: readonly Problem[],
  policy: ActivitySettings['keyPolicy'],
): readonly Problem[] | null {
  const unwanted: Readonly<Record<typeof policy, readonly string[]>> = {
    any: [],
    'refuse-withdraw': ['key-can-withdraw'],
    'read-only': ['key-can-withdraw', 'key-can-trade'],
  };
  const refused = problems.filter((problem) => unwanted[policy].includes(problem.code));
  return refused.length > 0 ? refused : null;
}
