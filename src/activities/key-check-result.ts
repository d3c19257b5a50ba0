import { type Account, loadParts, type StoredKey } from '../database/index.ts';
import type { Problem, ProblemFacts } from '../history/failure.ts';
import { streamsOf } from '../history/parts.ts';
import type { KeyFinding, KeyReport } from '../history/ports.ts';
import { describeProblem, expiryProblem } from '../problems/describe-problem.ts';
import type { KeyCheckResult } from './contract.ts';
import type { ActivitySettings, Dependencies } from './dependencies.ts';
import { streamGroupsOf } from './stream-order.ts';

export interface ResultParts {
  readonly outcome: KeyCheckResult['outcome'];
  readonly report?: KeyReport;
  readonly problems?: readonly Problem[];
  readonly status?: KeyCheckResult['status'];
  readonly alreadyLinked?: boolean;
  /** When the next check is due; absent: the workflow decides. */
  readonly lookAgainMs?: number;
  /** Passed if it was read already. */
  readonly everythingReadThrough?: boolean;
}

/** The result of a key check, for the workflow and for the caller who waits for it. */
export async function keyCheckResult(
  dependencies: Dependencies,
  account: Account,
  stored: StoredKey | null,
  parts: ResultParts,
): Promise<KeyCheckResult> {
  const { report } = parts;
  return {
    outcome: parts.outcome,
    subject: stored?.state === 'active' ? 'key-in-use' : 'candidate',
    keyId: stored?.keyId ?? null,
    accountId: account.accountId,
    ownerId: account.ownerId,
    label: account.label,
    status: parts.status ?? account.status,
    linked: isLinked(account),
    paused: account.paused,
    alreadyLinked: parts.alreadyLinked ?? isLinked(account),
    readOnly: report?.readOnly ?? null,
    permissions: report?.permissions ?? [],
    keyExpiresAt: report?.keyExpiresAtMs ? new Date(report.keyExpiresAtMs).toISOString() : null,
    problems: parts.problems ?? [],
    lanes: streamGroupsOf(dependencies.exchange.streams),
    everythingReadThrough: parts.everythingReadThrough ?? (await readThrough(dependencies, account.accountId)),
    accountCreatedAt: account.createdAt.toISOString(),
    ...(parts.lookAgainMs !== undefined && { lookAgainMs: parts.lookAgainMs }),
  };
}

export function isLinked(account: Account | null): account is Account & { linkedAt: Date; unlinkedAt: null } {
  return account !== null && account.linkedAt !== null && account.unlinkedAt === null;
}

/** Whether every part of every stream was read to its end once. */
export async function readThrough({ database, exchange }: Dependencies, accountId: string): Promise<boolean> {
  const parts = await loadParts(database, accountId);
  const finished = parts.filter((part) => part.state.readThrough).map((part) => `${part.stream}/${part.part}`);
  return streamsOf(exchange.streams, parts).every((stream) =>
    stream.parts.every((part) => finished.includes(`${stream.name}/${part}`)),
  );
}

export function gone(accountId: string): KeyCheckResult {
  return {
    outcome: 'gone',
    subject: 'candidate',
    keyId: null,
    accountId,
    ownerId: '',
    label: null,
    status: 'unlinked',
    linked: false,
    paused: false,
    alreadyLinked: false,
    readOnly: null,
    permissions: [],
    keyExpiresAt: null,
    problems: [],
    lanes: [],
    everythingReadThrough: false,
  };
}

/** What a key check found, described for its user. `knownExpiryMs`: the expiry that an earlier check saw. */
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

/** The problems for which KEY_POLICY refuses a key that the exchange accepts, or null. */
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
    .map((problem) => describeProblem({ ...problem, facts: { ...problem.facts, isRefused: true } }));
  return refused.length > 0 ? refused : null;
}
