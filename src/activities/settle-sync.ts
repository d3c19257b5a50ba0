import {
  closeAccount,
  isFoundCode,
  type KnownProblem,
  loadAccount,
  loadKey,
  loadParts,
  loadProblems,
  newestCandidate,
  noteProgress,
  noteRecordsChanged,
  openPairs,
  replaceProblems,
  replaceSingleProblem,
  type StoredPart,
} from '../database/index.ts';
import { nextDueMs, retryDueMs } from '../history/due-time.ts';
import { type FailureDetails, type Problem, problemName } from '../history/failure.ts';
import { isoTime, optionalIsoTime } from '../history/iso-time.ts';
import { least } from '../history/numbers.ts';
import { streamsOf } from '../history/parts.ts';
import { partName, type StreamResult } from '../history/read-account.ts';
import type { Stream } from '../history/stream.ts';
import { type StreamSummary, summariseStreams, verdictOn } from '../history/summary.ts';
import { isOver } from '../history/timetable.ts';
import { describeProblem, expiryProblem } from '../problems/describe-problem.ts';
import { gapTexts } from '../problems/gap-texts.ts';
import type { StreamProgress, SyncRequest, SyncResult } from './contract.ts';
import type { Dependencies } from './dependencies.ts';
import { updateDuplicates } from './duplicate-accounts.ts';
import { isLinked } from './key-check-result.ts';
import { streamGroupsOf, wakesAtMs } from './stream-order.ts';

interface SyncOutcome {
  readonly results: readonly StreamResult[];
  readonly key: SyncResult['key'];
  readonly keyExpiresAtMs: number | null;
  readonly keyLookIsDue?: boolean;
}

/** Writes down where an account stands after a sync, and tells it to the workflow in a few hundred bytes. */
export async function settleSync(
  dependencies: Dependencies,
  request: SyncRequest,
  outcome: SyncOutcome,
): Promise<SyncResult> {
  const { database, settings } = dependencies;
  const { accountId } = request;
  const nowMs = Date.now();
  const known = await knownProblems(dependencies, accountId, outcome);
  const { summaries, parts } = await whatIsRead(dependencies, request, nowMs);
  const problems = await updateProblems(dependencies, request, { outcome, known, summaries });
  const { streams } = dependencies.exchange;
  const everythingReadThrough = summaries.every((summary) => summary.readThrough);
  const stopped = outcome.results.some((result) => result.blocked !== null && !isSettled(result.blocked));
  // A retry waits longer and longer, for which nothing that can be read may wait.
  const failed = stopped && !outcome.results.some((result) => result.goesOn);
  const isRead = outcome.results.length === request.streams.length && outcome.results.every((result) => result.done);
  const done = isRead && !isPairUnread(dependencies, request, { outcome, parts });
  const closed = isOver(streams, parts, { ...settings, nowMs: dependencies.exchange.clockMs() });
  const goesOn = outcome.key === 'works' && !failed && !closed && !everythingReadThrough;
  const news = { accountId, streams, goesOn };
  const nextSyncMs = failed
    ? retryDueMs(nowMs, request.failures, settings.syncIntervalMs)
    : Math.max(
        nextDueMs(accountId, nowMs, settings.syncIntervalMs, Math.random),
        await restEndMs(dependencies, accountId, parts),
      );
  const historyAtRiskMs = least(summaries.map((summary) => summary.atRiskAtMs));
  if (outcome.key === 'works' && !closed) {
    await noteProgress(database, news, {
      status: everythingReadThrough ? 'live' : 'backfilling',
      nextSyncAt: everythingReadThrough || failed ? new Date(nextSyncMs) : null,
      historyAtRiskAt: historyAtRiskMs === null ? null : new Date(historyAtRiskMs),
      parts: streamsOf(streams, parts).flatMap((stream) => stream.parts).length,
    });
  } else {
    await noteRecordsChanged(database, news);
    if (closed) await closeAccount(database, accountId);
  }
  return {
    streams: summaries.filter((summary) => request.streams.includes(summary.stream)).map(progressOf),
    done,
    finished: outcome.results.flatMap((result) => result.finished),
    key: outcome.key,
    failed,
    everythingReadThrough,
    nextSyncAt: isoTime(nextSyncMs),
    historyAtRiskAt: closed ? null : optionalIsoTime(historyAtRiskMs),
    completeThrough: optionalIsoTime(completeThroughMs(summaries)),
    candidateWaiting: outcome.keyLookIsDue === true || (await newestCandidate(database, accountId)) !== null,
    problems: (closed ? problems.filter(({ code }) => isFoundCode(code)) : problems).map(problemName),
    ...(closed && { closed }),
    lanes: streamGroupsOf(dependencies.exchange.streams),
  };
}

/** When the first rest ends, where all streams rest, by our own clock; otherwise the past. */
async function restEndMs(dependencies: Dependencies, accountId: string, parts: readonly StoredPart[]): Promise<number> {
  const endMs = await wakesAtMs(dependencies, accountId, parts);
  return endMs === null ? Number.NEGATIVE_INFINITY : Date.now() + endMs - dependencies.exchange.clockMs();
}

/** Only records that are new can show that two accounts are one; that they still are is checked as long as it is reported. */
async function knownProblems(
  dependencies: Dependencies,
  accountId: string,
  { results }: SyncOutcome,
): Promise<readonly KnownProblem[]> {
  const known = await loadProblems(dependencies.database, accountId);
  const hasNews = results.some((result) => result.inserted > 0);
  if (!hasNews && !known.some((problem) => problem.code === 'same-account')) return known;
  await updateDuplicates(dependencies, accountId);
  return loadProblems(dependencies.database, accountId);
}

/** Refusals are written down as gaps: asking again soon would not help. */
function isSettled(failure: FailureDetails): boolean {
  return failure.kind === 'refused-stream' || failure.kind === 'not-opened';
}

/** Problems as they are now; written only where something changed, because mostly nothing does. */
async function updateProblems(
  dependencies: Dependencies,
  request: SyncRequest,
  {
    outcome,
    known: knownBefore,
    summaries,
  }: {
    readonly outcome: SyncOutcome;
    readonly known: readonly KnownProblem[];
    readonly summaries: readonly StreamSummary[];
  },
): Promise<readonly Problem[]> {
  const { database } = dependencies;
  const { accountId } = request;
  const known = knownBefore.map(({ since: _, ...problem }) => problem);
  const wanted: Problem[] = known.filter(
    (problem) => problem.stream === undefined && problem.code !== 'key-expires-soon',
  );
  const expiryBefore = known.find(({ code }) => code === 'key-expires-soon') ?? null;
  const expiry = expiryProblem(outcome.keyExpiresAtMs, Date.now()) && (await expiryNow(database, accountId));
  if (expiry) wanted.push(expiry);
  // Alone: a key check may have written the account's other problems meanwhile.
  if (outcome.key === 'works' && JSON.stringify(expiryBefore) !== JSON.stringify(expiry))
    await replaceSingleProblem(database, accountId, 'key-expires-soon', expiry);
  for (const result of outcome.results) {
    const summary = summaries.find((candidate) => candidate.stream === result.stream);
    const problem = problemOf(result) ?? failingProblem(summary);
    const before = known.filter((candidate) => candidate.stream === result.stream);
    // An interrupted read that met nothing says nothing of what was wrong before.
    // What a comparison has found only another one takes back.
    const found = before.filter(({ code }) => isFoundCode(code));
    const after = problem ? [...found, problem] : result.done || result.pages > 0 ? found : before;
    wanted.push(...after);
    if (JSON.stringify(before) !== JSON.stringify(after))
      await replaceProblems(database, accountId, result.stream, after);
  }
  return [...wanted, ...known.filter((problem) => isElsewhere(problem, outcome.results))];
}

/** The key may have been replaced, or looked at anew, while the streams were read. */
async function expiryNow(database: Dependencies['database'], accountId: string): Promise<Problem | null> {
  const key = await loadKey(database, accountId, 'active');
  return expiryProblem(key?.expiresAt?.getTime() ?? null, Date.now());
}

function isElsewhere(problem: Problem, results: readonly StreamResult[]): boolean {
  return problem.stream !== undefined && results.every((result) => result.stream !== problem.stream);
}

function problemOf({ stream, blocked }: StreamResult): Problem | null {
  if (blocked === null || blocked.problem === null || blocked.kind === 'refused-key') return null;
  const detail = `${blocked.message}.`.replace(/\.\.$/, '.');
  return describeProblem({ code: blocked.problem, stream, facts: { ...blocked.facts, detail } });
}

/** Windows that BitMart does not answer as it should are read around; as long as one is left, its stream says so. */
function failingProblem(summary: StreamSummary | undefined): Problem | null {
  const failing = summary?.gaps.find(({ reason }) => reason === 'unexpected-answer' || reason === 'unanswered');
  if (summary === undefined || failing === undefined) return null;
  const { from, to, reason } = failing;
  const window = `${isoTime(from)} to ${isoTime(to)}`;
  const detail = `${summary.stream}, ${window}: ${gapTexts[reason].meaning} ${gapTexts[reason].remedy}`;
  return describeProblem({ code: 'unexpected-answer', stream: summary.stream, facts: { detail } });
}

/**
 * How far each stream was read, and each pair that the account's records name. Where other streams are read elsewhere, the one
 * that names pairs may have come to its end without having noted them: nothing is said to be read before that is done.
 */
async function whatIsRead(dependencies: Dependencies, request: SyncRequest, nowMs: number): Promise<WhatIsRead> {
  const { database, exchange } = dependencies;
  const ofPairs = pairStreams(exchange.streams);
  const own = pairStreams(exchange.streams, request);
  for (const stream of own) await openPairs(database, request.accountId, stream);
  const found = await summariesOf(dependencies, request.accountId, nowMs);
  if (own.length === ofPairs.length || !found.summaries.every(({ readThrough }) => readThrough)) return found;
  for (const stream of ofPairs) await openPairs(database, request.accountId, stream);
  return summariesOf(dependencies, request.accountId, nowMs);
}

/** Pairs that were found while this sync went on are read before it counts as done. */
function isPairUnread(
  { exchange }: Dependencies,
  request: SyncRequest,
  { outcome, parts }: { readonly outcome: SyncOutcome; readonly parts: readonly StoredPart[] },
): boolean {
  const finished = new Set(outcome.results.flatMap((result) => result.finished));
  return pairStreams(exchange.streams, request).some((stream) =>
    parts.some(({ stream: name, part }) => name === stream.name && !finished.has(partName(stream, part))),
  );
}

/** The streams whose parts are pairs; with a request, those that it reads. */
function pairStreams(streams: readonly Stream[], request?: SyncRequest): readonly Stream[] {
  return streams.filter(({ name, pairsOf }) => pairsOf !== undefined && (request?.streams.includes(name) ?? true));
}

interface WhatIsRead {
  readonly summaries: readonly StreamSummary[];
  readonly parts: readonly StoredPart[];
}

async function summariesOf(
  { database, exchange, settings }: Dependencies,
  accountId: string,
  nowMs: number,
): Promise<WhatIsRead> {
  const [account, parts] = await Promise.all([loadAccount(database, accountId), loadParts(database, accountId)]);
  const context = { nowMs, linked: isLinked(account), timetable: settings.timetable };
  return { summaries: summariseStreams(exchange.streams, parts, context), parts };
}

/** The instant through which every stream is complete that the key may read; null while one of them is not. */
function completeThroughMs(summaries: readonly StreamSummary[]): number | null {
  const { complete, unreadable } = verdictOn(summaries);
  const readable = summaries.filter((summary) => !unreadable.includes(summary));
  return complete ? least(readable.map((summary) => summary.throughMs)) : null;
}

function progressOf(summary: StreamSummary): StreamProgress {
  return {
    stream: summary.stream,
    rows: summary.rows,
    from: optionalIsoTime(summary.covered[0]?.from ?? null),
    through: optionalIsoTime(summary.throughMs),
    gaps: summary.gaps.length,
    gapReasons: [...new Set(summary.gaps.map((gap) => gap.reason))],
  };
}
