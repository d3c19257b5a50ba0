import type { Problem, ProblemFacts } from '../history/failure.ts';
import type { KeyFinding, KeyReport } from '../history/ports.ts';
import { describeProblem, expiryProblem } from '../problems/describe-problem.ts';
import type { ActivitySettings } from './dependencies.ts';

/** What a key check found, in words for its user. `knownExpiryMs`: the expiry that an earlier check saw. */
export function problemsOf(
  report: KeyReport,
  settings: Pick<ActivitySettings, 'egressAddresses'>,
  about: { readonly nowMs: number; readonly knownExpiryMs: number | null },
): readonly Problem[] {
  const found = report.problems.map((finding) => {
    const { code, stream, detail } = finding;
    const facts = { ...factsOf(finding, settings, about.knownExpiryMs), ...(detail !== '' && { detail }) };
    return describeProblem({ code, stream, facts });
  });
  const expiry = expiryProblem(report.keyExpiresAtMs, about.nowMs);
  return expiry ? [...found, expiry] : found;
}

function factsOf(
  { code, facts = {} }: KeyFinding,
  settings: Pick<ActivitySettings, 'egressAddresses'>,
  knownExpiryMs: number | null,
): ProblemFacts {
  if (code === 'ip-not-allowed') return { ...facts, addresses: settings.egressAddresses };
  if (code === 'key-expired') return { ...facts, expiresAtMs: knownExpiryMs };
  return facts;
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
  const refused = problems
    .filter((problem) => unwanted[policy].includes(problem.code))
    .map(({ facts, ...problem }) => ({ ...problem, facts: { ...facts, isRefused: true as const } }));
  return refused.length > 0 ? refused : null;
}
