import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  workflowInfo,
} from '@temporalio/workflow';
import type { RangeChunk, SyncResult } from '../activities/contract.ts';
import type { AccountRun } from './account-run.ts';
import { activities, toUserError } from './activity-options.ts';
import { afterFailedSync, afterInterruption, afterSync } from './after-sync.ts';
import { readsAll } from './earlier-release.ts';
import { crowded, type RangeAnswer, type RangeRequest } from './messages.ts';
import type { Presentation } from './presentation.ts';
import { addChunk, nothingRead } from './range-answer.ts';
import { rangeRefusal, refuse } from './refusals.ts';
import { readingIsLong } from './run-length.ts';
import { commandsTakeTurns, countsSyncRequests, newestResultComesLast } from './versions.ts';

/** Beside callers who wait for a sync they leave two of the ten concurrent updates that Temporal accepts to commands. */
const maxRangesDue = 3;

/** Reads the account, with one reader at a time: two readers of one part would take the fence from each other. */
export class Reading {
  readonly #run: AccountRun;
  readonly #presentation: Presentation;
  /** Reading under way: cancelled when the account is paused, unlinked or gets another key. */
  #scope: CancellationScope | null = null;
  /** Ranges that a caller waits for, including the one being read. */
  #rangesDue = 0;

  constructor(run: AccountRun, presentation: Presentation) {
    this.#run = run;
    this.#presentation = presentation;
  }

  get isUnderWay(): boolean {
    return this.#scope !== null;
  }

  interrupt(): void {
    this.#scope?.cancel();
  }

  /** Stream groups in parallel, each until it is done; what ends the others is noticed between two chunks. */
  async read(groups: readonly (readonly string[])[], mode: 'backfill' | 'live'): Promise<void> {
    if (this.#rangesDue > 0) {
      // A caller waits for a range; the next step is decided afterwards, because much may have changed by then.
      await condition(() => this.#rangesDue === 0);
      return;
    }
    const startedMs = Date.now();
    const requestsBefore = this.#run.state.syncsRequested;
    const results = new Map<number, SyncResult>();
    const outcomes = await this.#exclusively(() =>
      Promise.allSettled(
        groups.map(async (streams, group) => {
          let finished: readonly string[] = [];
          for (;;) {
            const result = await this.#chunk(streams, mode, finished);
            results.delete(group);
            results.set(group, result);
            this.#presentation.show(null);
            if (result.done || result.failed || result.key !== 'works') return;
            if (!readsAll(result, streams)) return;
            if (this.#rangesDue > 0) return;
            if (readingIsLong(startedMs, Date.now(), workflowInfo().historyLength)) return;
            finished = result.finished;
          }
        }),
      ),
    );
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    const unexpected = failures.find((failure) => !isExpected(failure));
    if (unexpected !== undefined) throw unexpected;
    const run = this.#run;
    const { syncsRequested } = run.state;
    const requests = syncsRequested > requestsBefore && countsSyncRequests() ? requestsBefore : syncsRequested;
    const arrived = inOrder(results, groups.length);
    if (arrived.length > 0) run.change(afterSync(run.state, arrived, Date.now(), { requests, groups: groups.length }));
    if (failures.some(isCancellation)) run.change(afterInterruption(run.state, Date.now()));
    if (failures.some((failure) => !isCancellation(failure)))
      run.change(afterFailedSync(run.state, Date.now(), requests));
  }

  /** Throws if the caller has to ask again later. */
  assertRoomForRange(): void {
    if (this.#rangesDue < maxRangesDue) return;
    throw ApplicationFailure.nonRetryable('Enough ranges wait to be read: ask again in a few seconds.', crowded);
  }

  /** Reads a range after the current chunk. The interrupted read then continues where it was. */
  async readRange(request: RangeRequest): Promise<RangeAnswer> {
    this.#rangesDue++;
    try {
      const canBegin = () => !this.isUnderWay && this.#run.state.stops === 0;
      // Another waiting range may have been read first.
      while (!canBegin()) await condition(canBegin);
      const refusal = rangeRefusal(this.#run.state, request, Date.now());
      if (refusal !== null && commandsTakeTurns()) refuse(refusal);
      return await this.#exclusively(() => this.#rangeChunks(request));
    } catch (error) {
      if (isCancellation(error))
        throw ApplicationFailure.nonRetryable('Reading the range was interrupted; request it again.');
      throw toUserError(error, 'The range could not be read now; what was read of it is stored.');
    } finally {
      this.#rangesDue--;
    }
  }

  async #exclusively<Result>(read: () => Promise<Result>): Promise<Result> {
    const scope = new CancellationScope();
    this.#scope = scope;
    this.#run.activity = 'syncing';
    try {
      return await scope.run(read);
    } finally {
      this.#scope = null;
      this.#run.activity = 'idle';
    }
  }

  async #chunk(
    streams: readonly string[],
    mode: 'backfill' | 'live',
    finished: readonly string[],
  ): Promise<SyncResult> {
    const summary = mode === 'backfill' ? `backfill: ${streams.join(', ')}` : 'everything new';
    const { failures, ownerId, syncsRequested, syncsServed } = this.#run.state;
    return activities(mode, summary, ownerId).syncHistory({
      accountId: this.#run.accountId,
      streams,
      finished,
      failures,
      ...(syncsRequested > syncsServed && { everything: true }),
    });
  }

  async #rangeChunks(request: RangeRequest): Promise<RangeAnswer> {
    const { readRange } = activities('interactive-read', `${request.stream} again`);
    let answer: RangeAnswer = { ...request, ...nothingRead };
    for (let next: RangeChunk['next'] = null; ; ) {
      const chunk: RangeChunk = await readRange({ accountId: this.#run.accountId, ...request, next });
      answer = addChunk(answer, chunk);
      if (chunk.next === null || chunk.stopped !== null) return answer;
      next = chunk.next;
    }
  }
}

/** The newest comes last: it knows how the others have ended. */
function inOrder(results: ReadonlyMap<number, SyncResult>, groups: number): readonly SyncResult[] {
  const byArrival = [...results];
  const ordered = groups > 1 && newestResultComesLast() ? byArrival : byArrival.sort(([a], [b]) => a - b);
  return ordered.map(([, result]) => result);
}

/** Our own interruption, or an activity that failed; a workflow that is cancelled from outside ends. */
function isExpected(failure: unknown): boolean {
  if (isCancellation(failure)) return !CancellationScope.current().consideredCancelled;
  return failure instanceof ActivityFailure;
}
