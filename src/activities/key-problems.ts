import type { Problem, ProblemFacts } from '../history/failure.ts';
import { expiryProblem } from '../history/key-expiry.ts';
import type { KeyFinding, KeyReport } from '../history/ports.ts';
import { describeProblem } from '../history/problem-texts.ts';
import type { ActivitySettings } from './dependencies.ts';

/** What a look at a key found, in words for its user. `knownExpiryMs`: what an earlier look was told. */
export function problemsOf(
  report: KeyReport,
  settings: Pick<ActivitySettings, 'egressAddresses'>,
  about: { readonly nowMs: number; readonly knownExpiryMs: number | null },
): readonly Problem[] {
  const found = report.problems.map((finding) => {
    const { code, stream, detail } = finding;
    return describeProblem({ code, stream, detail, facts: factsOf(finding, settings, about.knownExpiryMs) });
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
  const refused = problems.filter((problem) => unwanted[policy].includes(problem.code));
  return refused.length > 0 ? refused : null;
}
