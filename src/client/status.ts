import type {
  AccountName,
  AccountVerdict,
  AnswerProblem,
  BalancesVerdict,
  Coverage,
  Status,
  StreamCoverage,
  StreamName,
  UnreadableStream,
} from '../answers/index.ts';
import { answerProblem } from '../answers/problem.ts';
import {
  findKeyInUse,
  loadNames,
  loadParts,
  loadProblems,
  loadQuarantinedRows,
  type QuarantinedRows,
  type StoredPart,
} from '../database/index.ts';
import type { Problem } from '../history/failure.ts';
import { isoRanges, isoTime, optionalIsoTime } from '../history/iso-time.ts';
import { least } from '../history/numbers.ts';
import { describeQuarantine } from '../history/quarantine-reason.ts';
import type { Stream } from '../history/stream.ts';
import { type StreamSummary, summariseStreams, type Unreadable, verdictOn } from '../history/summary.ts';
import type { Timetable } from '../history/timetable.ts';
import { endedNotice, expiryProblem } from '../problems/describe-problem.ts';
import { differencesOf, evidenceOf } from './evidence.ts';
import type { StoredAccount, StoredAccounts } from './stored-accounts.ts';

/** The state of an account, from Postgres alone, so it works while Temporal and the workers are down. */
export async function statusOf(account: StoredAccount, accounts: StoredAccounts): Promise<Status> {
  const { accountId } = account;
  const [parts, problems, names, key, aside, timetable] = await Promise.all([
    accounts.ask(loadParts, accountId),
    accounts.ask(loadProblems, accountId),
    accounts.ask(loadNames, accountId),
    accounts.ask(findKeyInUse, accountId),
    accounts.ask(loadQuarantinedRows, accountId),
    accounts.timetable(),
  ]);
  const known = {
    parts,
    problems,
    aside,
    names: names.map(({ givenAt, ...name }) => ({ ...name, givenAt: givenAt.toISOString() })),
    keyExpiresAt: key?.expiresAt ?? null,
    streams: accounts.streams,
    timetable,
    nowMs: Date.now(),
  };
  return statusFrom(account, known);
}

/** What is stored of an account. */
export interface Known {
  readonly parts: readonly StoredPart[];
  readonly problems: readonly Problem[];
  readonly names?: readonly AccountName[];
  readonly keyExpiresAt?: Date | null;
  /** Left out in a report about many accounts. */
  readonly aside?: readonly QuarantinedRows[];
  readonly streams: readonly Stream[];
  readonly timetable: Timetable | null;
  readonly nowMs: number;
}

export function statusFrom(account: StoredAccount, known: Known): Status {
  const { names = [], keyExpiresAt = null } = known;
  const summaries = summariesOf(account, known);
  return {
    accountId: account.accountId,
    ownerId: account.ownerId,
    label: account.label,
    subAccount: account.subAccount,
    names,
    status: account.status,
    keyExpiresAt: keyExpiresAt?.toISOString() ?? null,
    readOnly: account.readOnly,
    problems: allProblems(account, known, summaries),
    nextSyncAt: account.nextSyncAt?.toISOString() ?? null,
    historyAtRiskAt: optionalIsoTime(least(summaries.map((summary) => summary.atRiskAtMs))),
    ...accountVerdict(account, summaries),
    streams: summaries.map((summary) => streamCoverage(summary, known)),
  };
}

/** The stored problems, and those that follow from the time: an expiry comes nearer even while nothing is read. */
function allProblems(
  { status }: StoredAccount,
  known: Known,
  summaries: readonly StreamSummary[],
): readonly AnswerProblem[] {
  const { problems, keyExpiresAt, streams, timetable, nowMs } = known;
  const isSaid = problems.some(({ code }) => code === 'key-expires-soon' || code === 'key-expired');
  const expiry = isSaid ? null : expiryProblem(keyExpiresAt?.getTime() ?? null, nowMs);
  const notice = endedNotice(streams, summaries, timetable);
  return [...problems, ...[expiry, notice].filter((problem) => problem !== null)]
    .map((problem) => withPresentExpiry(problem, nowMs))
    .filter(({ code }) => code !== 'key-expires-soon' || status !== 'closed')
    .map(answerProblem);
}

/** A key that was stored as one that expires soon may have expired since. */
function withPresentExpiry(problem: Problem, nowMs: number): Problem {
  if (problem.code !== 'key-expires-soon') return problem;
  return expiryProblem(problem.facts?.expiresAtMs ?? null, nowMs) ?? problem;
}

/** The coverage of every stream, computed now from what pages have proved. */
export async function coverageOf(
  account: StoredAccount,
  accounts: StoredAccounts,
  withEvidence: boolean,
): Promise<Coverage> {
  const { accountId } = account;
  const nowMs = Date.now();
  const [parts, problems, aside, timetable] = await Promise.all([
    accounts.ask(loadParts, accountId),
    accounts.ask(loadProblems, accountId),
    accounts.ask(loadQuarantinedRows, accountId),
    accounts.timetable(),
  ]);
  const summaries = summariesOf(account, { parts, streams: accounts.streams, timetable, nowMs });
  const streams: StreamCoverage[] = [];
  for (const summary of summaries) {
    const coverage = streamCoverage(summary, { problems, aside });
    streams.push(
      withEvidence ? { ...coverage, evidence: await evidenceOf(accounts, accountId, summary.stream) } : coverage,
    );
  }
  const coverage = { accountId, asOf: isoTime(nowMs), ...accountVerdict(account, summaries), streams };
  if (!withEvidence) return coverage;
  const differences = await differencesOf(accounts, accountId);
  return { ...coverage, verified: differences.length === 0, differences };
}

function summariesOf(
  account: StoredAccount,
  { parts, streams, timetable, nowMs }: Omit<Known, 'problems'>,
): readonly StreamSummary[] {
  const linked = account.linkedAt !== null && account.status !== 'unlinked' && account.status !== 'closed';
  const isBackfilling = account.status === 'backfilling';
  return summariseStreams(streams, parts, { nowMs, linked, timetable, isBackfilling });
}

function accountVerdict(account: StoredAccount, summaries: readonly StreamSummary[]): AccountVerdict {
  const { complete, unreadable } = verdictOn(summaries);
  return { complete, unreadable: unreadable.map(unreadableStream), balances: balancesVerdict(account) };
}

export function balancesVerdict({ balances }: StoredAccount): BalancesVerdict | null {
  return balances && { verdict: balances.verdict, at: balances.at.toISOString() };
}

export function unreadableStream({ stream, unreadable, missingRight }: StreamSummary): UnreadableStream {
  return { stream: stream as StreamName, reason: unreadable as Unreadable, right: missingRight };
}

function streamCoverage(
  summary: StreamSummary,
  { problems, aside = [] }: Pick<Known, 'problems' | 'aside'>,
): StreamCoverage {
  const quarantined = aside.filter(({ stream }) => stream === summary.stream);
  const { facts } = problems.find(({ code, stream }) => code === 'fills-missing' && stream === summary.stream) ?? {};
  return {
    stream: summary.stream as StreamName,
    rows: summary.rows,
    complete: summary.complete,
    from: isoTime(summary.fromMs),
    through: optionalIsoTime(summary.throughMs),
    settledThrough: optionalIsoTime(summary.settledThroughMs),
    covered: isoRanges(summary.covered),
    gaps: summary.gaps.map((gap) => ({ from: isoTime(gap.from), to: isoTime(gap.to), reason: gap.reason })),
    atRiskAt: optionalIsoTime(summary.atRiskAtMs),
    lastReadAt: optionalIsoTime(summary.lastReadAtMs),
    servedBack: optionalIsoTime(summary.servedBackMs),
    requestedAt: optionalIsoTime(summary.requestedAtMs),
    ...(summary.missingRight !== null && { missingRight: summary.missingRight }),
    ...(summary.unreadable !== null && { unreadable: summary.unreadable }),
    ...(quarantined.length > 0 && { quarantined: described(quarantined) }),
    ...(facts?.orders !== undefined && { fillsMissing: facts.orders }),
  };
}

/** By code and message: rows that an earlier version stored under a sentence get the same. */
function described(aside: readonly QuarantinedRows[]): NonNullable<StreamCoverage['quarantined']> {
  const found = new Map<string, { readonly code: string; readonly reason: string; rows: number }>();
  for (const { reason: stored, rows } of aside) {
    const { code, reason } = describeQuarantine(stored);
    const same = found.get(reason);
    if (same) same.rows += rows;
    else found.set(reason, { code, reason, rows });
  }
  return [...found.values()].toSorted((a, b) => b.rows - a.rows);
}
