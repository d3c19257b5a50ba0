import {
  ActivityFailure,
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  makeContinueAsNewFunc,
  patched,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { KeyCheckResult, RangeChunk, SyncResult } from '../activities/contract.ts';
import { describeProblem } from '../history/problem-texts.ts';
import { accountDetails } from './account-details.ts';
import { type AccountState, upgrade } from './account-state.ts';
import { activities } from './activity-options.ts';
import {
  type LinkAnswer,
  type LinkedAccountInput,
  type LinkRequest,
  linkUpdate,
  type MergeResult,
  mergeUpdate,
  pauseUpdate,
  type RangeAnswer,
  type RangeRequest,
  resumeUpdate,
  syncNowSignal,
  syncRangeUpdate,
  unlinkUpdate,
  viewQuery,
  type WorkflowView,
} from './messages.ts';
import {
  afterExpiryLook,
  afterFailedKeyCheck,
  afterFailedSync,
  afterInterruption,
  afterKeyCheck,
  afterSync,
  expiryLookIsDue,
  nextStep,
  rangeRefusal,
  readingIsLong,
  runIsLong,
  type Step,
  woken,
} from './next-step.ts';
import { addChunk, nothingRead } from './range-answer.ts';
import { type ShownAttributes, showAttributes, shownAttributes } from './search-attributes.ts';

/**
 * One linked account, for years: sync, wait, and again, as `nextStep` says. What was read is remembered by Postgres; a run
 * that is lost at any moment loses nothing.
 */
export async function linkedAccount(input: LinkedAccountInput): Promise<void> {
  await new LinkedAccount(input).run();
}

class LinkedAccount {
  readonly #accountId: string;
  #state: AccountState;
  #shown: ShownAttributes;
  #doing: WorkflowView['activity'] = 'idle';
  /** Reading under way: cancelled when the account is paused, unlinked or gets another key. */
  #reading: CancellationScope | null = null;
  #checking: Promise<unknown> = Promise.resolve();
  #lastCheck: KeyCheckResult | null = null;
  /** Ranges that somebody waits for, the one under way included. */
  #rangesDue = 0;
  /** Counts what may change the next step, so that a wait notices. */
  #news = 0;

  constructor(input: LinkedAccountInput) {
    this.#accountId = input.accountId;
    this.#state = upgrade(input.state, Date.now());
    this.#shown = shownAttributes();
    this.#listen();
  }

  async run(): Promise<void> {
    for (let steps = 1; ; steps++) {
      const step = nextStep(this.#state, Date.now());
      this.#show(step);
      if (step.kind === 'end') {
        await condition(allHandlersFinished);
        // A key that was accepted meanwhile makes it a linked account again.
        if (this.#state.ended !== null) return;
      } else {
        await this.#take(step);
        if (this.#isLong(steps)) await this.#continue();
      }
    }
  }

  async #noteExpiry(): Promise<void> {
    try {
      const { noteExpiry } = activities('interactive', 'what has expired');
      const result = await noteExpiry({ accountId: this.#accountId });
      this.#change(afterExpiryLook(this.#state, result, Date.now()));
    } catch (error) {
      if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
      this.#change(afterExpiryLook(this.#state, null, Date.now()));
    }
  }

  #listen(): void {
    setHandler(linkUpdate, (request) => this.#link(request), {
      description: 'A new key waits to be checked; once accepted it replaces the one in use.',
    });
    setHandler(pauseUpdate, () => this.#setPaused(true), { description: 'Stop reading until resumed.' });
    setHandler(resumeUpdate, () => this.#setPaused(false), { description: 'Read again after a pause.' });
    setHandler(unlinkUpdate, (request) => this.#unlink(request.erase), {
      description: 'Forget the key and end; with {"erase": true} delete the stored history as well.',
      validator: (request) => {
        if (typeof request?.erase !== 'boolean')
          throw ApplicationFailure.nonRetryable('Say {"erase": true} or {"erase": false}.');
      },
    });
    setHandler(syncRangeUpdate, (request) => this.#syncRange(request), {
      description: 'Read a range of one stream again: {"stream", "from", "to"}; answers with what it brought.',
      validator: (request) => {
        const refusal = rangeRefusal(this.#state, request, Date.now());
        if (refusal !== null) throw ApplicationFailure.nonRetryable(refusal);
      },
    });
    setHandler(mergeUpdate, (request) => this.#merge(request.into), {
      description:
        'Go up in another account of the same owner, because both are one at the exchange; with {"into": id}.',
      validator: (request) => {
        if (typeof request?.into !== 'string' || request.into === this.#accountId)
          throw ApplicationFailure.nonRetryable('Say {"into": "…"}: another account of the same owner.');
      },
    });
    setHandler(syncNowSignal, () => this.#change(woken(this.#state, Date.now())), {
      description: 'Read now instead of at the next turn; a key that is refused is looked at again.',
    });
    setHandler(viewQuery, () => this.#view(), { description: 'Where the account stands.' });
  }

  async #take(step: Exclude<Step, { kind: 'end' }>): Promise<void> {
    switch (step.kind) {
      case 'check-key':
        return this.#lookAtKey();
      case 'backfill':
        return this.#read(step.lanes, 'backfill');
      case 'sync':
        return this.#read([step.streams], 'live');
      case 'wait': {
        if (expiryLookIsDue(this.#state, Date.now()) && patched('note-expiry')) return this.#noteExpiry();
        const seen = this.#news;
        await condition(() => this.#news !== seen, step.delayMs, { summary: `waiting for ${step.why}` });
      }
    }
  }

  /**
   * Reads a range after the chunk that is under way: two readers of one part would take the fence from each other. What was
   * being read goes on afterwards where it was.
   */
  async #syncRange(request: RangeRequest): Promise<RangeAnswer> {
    this.#rangesDue++;
    try {
      // Another range that waited may have had its turn first.
      while (this.#reading !== null) await condition(() => this.#reading === null);
      const scope = new CancellationScope();
      this.#reading = scope;
      this.#doing = 'syncing';
      try {
        return await scope.run(() => this.#readRange(request));
      } finally {
        this.#reading = null;
        this.#doing = 'idle';
      }
    } catch (error) {
      if (isCancellation(error)) throw ApplicationFailure.nonRetryable('Reading the range was cut short; ask again.');
      throw tellable(error, 'The range could not be read now; what was read of it is stored.');
    } finally {
      this.#rangesDue--;
    }
  }

  async #readRange(request: RangeRequest): Promise<RangeAnswer> {
    const { readRange } = activities('interactive-read', `${request.stream} again`);
    let answer: RangeAnswer = { ...request, ...nothingRead };
    for (let next: RangeChunk['next'] = null; ; ) {
      const chunk: RangeChunk = await readRange({ accountId: this.#accountId, ...request, next });
      answer = addChunk(answer, chunk);
      if (chunk.next === null || chunk.stopped !== null) return answer;
      next = chunk.next;
    }
  }

  /** Lanes side by side, each until it is done; whatever ends the others is noticed between two chunks. */
  async #read(lanes: readonly (readonly string[])[], mode: 'backfill' | 'live'): Promise<void> {
    if (this.#rangesDue > 0) {
      // Somebody waits for a range; what is next is seen afterwards, because much may have changed by then.
      await condition(() => this.#rangesDue === 0);
      return;
    }
    const startedMs = Date.now();
    const results = new Map<number, SyncResult>();
    const scope = new CancellationScope();
    this.#reading = scope;
    this.#doing = 'syncing';
    const outcomes = await scope.run(() =>
      Promise.allSettled(
        lanes.map(async (streams, lane) => {
          let finished: readonly string[] = [];
          for (;;) {
            const result = await this.#chunk(streams, mode, finished);
            results.delete(lane);
            results.set(lane, result);
            this.#show(null);
            if (result.done || result.failed || result.key !== 'works') return;
            if (this.#rangesDue > 0) return;
            if (readingIsLong(startedMs, Date.now(), workflowInfo().historyLength)) return;
            finished = result.finished;
          }
        }),
      ),
    );
    this.#reading = null;
    this.#doing = 'idle';
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    const unexpected = failures.find((failure) => !isExpected(failure));
    if (unexpected !== undefined) throw unexpected;
    const told = inTurn(results, lanes.length);
    if (told.length > 0) this.#change(afterSync(this.#state, told, Date.now()));
    if (failures.some(isCancellation)) this.#change(afterInterruption(this.#state, Date.now()));
    if (failures.some((failure) => !isCancellation(failure))) this.#change(afterFailedSync(this.#state, Date.now()));
  }

  async #chunk(
    streams: readonly string[],
    mode: 'backfill' | 'live',
    finished: readonly string[],
  ): Promise<SyncResult> {
    const summary = mode === 'backfill' ? `backfill: ${streams.join(', ')}` : 'everything new';
    const { failures, everythingDue } = this.#state;
    return activities(mode, summary).syncHistory({
      accountId: this.#accountId,
      streams,
      finished,
      failures,
      ...(everythingDue && { everything: true }),
    });
  }

  async #lookAtKey(): Promise<void> {
    if (await this.#lookedMeanwhile()) return;
    try {
      await this.#check(null, 'look at the key');
    } catch (error) {
      if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
      this.#change(afterFailedKeyCheck(this.#state, Date.now()));
    }
  }

  /** A link that came with the start, or while we slept, looks at the key by itself: once is enough. */
  async #lookedMeanwhile(): Promise<boolean> {
    for (let checking: Promise<unknown> | null = null; checking !== this.#checking; ) {
      checking = this.#checking;
      await checking;
    }
    return nextStep(this.#state, Date.now()).kind !== 'check-key';
  }

  /** One look at a time: two keys that come at once are checked one after the other. */
  async #check(keyId: string | null, summary: string): Promise<KeyCheckResult> {
    const before = this.#checking;
    const turn = before.then(async () => {
      // The look that was under way may have been at this very key.
      if (keyId !== null && this.#lastCheck?.keyId === keyId && this.#lastCheck.outcome !== 'undecided')
        return this.#lastCheck;
      const wasSyncing = this.#doing;
      this.#doing = 'checking-key';
      try {
        const result = await activities('look', summary).checkKey({ accountId: this.#accountId, keyId });
        this.#lastCheck = result;
        this.#change(afterKeyCheck(this.#state, this.#accountId, result, Date.now()));
        return result;
      } finally {
        this.#doing = this.#reading ? wasSyncing : 'idle';
      }
    });
    this.#checking = turn.catch(() => undefined);
    return turn;
  }

  async #link(request: LinkRequest): Promise<LinkAnswer> {
    const result = await this.#check(request.keyId, `check a key (${request.purpose})`).catch((error) => {
      throw tellable(error, 'The key could not be checked now; it is kept, sealed, and looked at again by itself.');
    });
    if (result.outcome === 'gone' || result.outcome === 'nothing') {
      throw ApplicationFailure.nonRetryable('The key is not there any more; link it again.');
    }
    if (result.outcome === 'accepted' && result.accountId === this.#accountId) this.#interrupt();
    const { accountId, outcome, alreadyLinked, readOnly, permissions, keyExpiresAt, problems, status } = result;
    return { accountId, outcome, status, alreadyLinked, readOnly, permissions, keyExpiresAt, problems };
  }

  async #setPaused(paused: boolean): Promise<void> {
    const before = this.#state;
    const { keyRefused, backfilled } = before;
    const running = keyRefused ? 'needs-attention' : backfilled ? 'live' : 'backfilling';
    const status = paused ? 'paused' : running;
    const nowMs = Date.now();
    const dueNow = paused ? {} : { syncDueMs: nowMs, keyDueMs: keyRefused ? nowMs : before.keyDueMs };
    this.#change({ ...before, paused, status, ...dueNow });
    if (paused) this.#interrupt();
    const nextSyncAt = paused ? null : new Date(nowMs).toISOString();
    try {
      const request = { accountId: this.#accountId, status, paused, nextSyncAt } as const;
      await activities('interactive', paused ? 'pause' : 'resume').saveStatus(request);
    } catch (error) {
      this.#change({ ...this.#state, paused: before.paused, status: before.status });
      throw tellable(error, `The account could not be ${paused ? 'paused' : 'resumed'}; nothing was changed.`);
    }
  }

  async #unlink(erase: boolean): Promise<void> {
    const { paused } = this.#state;
    await this.#stopReading();
    try {
      const request = { accountId: this.#accountId, erase };
      await activities('interactive', erase ? 'unlink and erase' : 'unlink').unlinkAccount(request);
    } catch (error) {
      this.#change({ ...this.#state, paused });
      throw tellable(error, 'The account could not be unlinked; nothing was changed.');
    }
    this.#change({ ...this.#state, ended: 'unlinked', status: 'unlinked', linked: false });
  }

  /** This account goes up in another one, unless the two turn out to be different ones. */
  async #merge(into: string): Promise<MergeResult> {
    const { paused } = this.#state;
    await this.#stopReading();
    try {
      const request = { from: this.#accountId, into };
      const result = await activities('merge', 'merge into another account').mergeAccounts(request);
      if (result.outcome === 'merged') {
        this.#change({ ...this.#state, ended: { handedTo: into }, status: 'unlinked', linked: false });
      } else this.#change({ ...this.#state, paused });
      return result;
    } catch (error) {
      this.#change({ ...this.#state, paused });
      throw tellable(error, 'The accounts could not be joined; nothing was changed.');
    }
  }

  async #stopReading(): Promise<void> {
    this.#change({ ...this.#state, paused: true });
    this.#interrupt();
    // The page under way is finished, or refused by its fence; a short wait keeps its activity from failing over it.
    await condition(() => this.#reading === null, '10s', { summary: 'waiting for the page under way' });
  }

  #interrupt(): void {
    this.#reading?.cancel();
  }

  #change(state: AccountState): void {
    this.#state = state;
    this.#news++;
  }

  #isLong(steps: number): boolean {
    const { historyLength, continueAsNewSuggested, targetWorkerDeploymentVersionChanged } = workflowInfo();
    if (this.#state.ended !== null) return false;
    return runIsLong(steps, historyLength) || continueAsNewSuggested || targetWorkerDeploymentVersionChanged === true;
  }

  async #continue(): Promise<void> {
    await condition(allHandlersFinished);
    if (this.#state.ended !== null) return;
    const next: LinkedAccountInput = { accountId: this.#accountId, state: this.#state };
    // A run is bound to the version that began it, where versions are used at all; the next one begins on today's.
    if (workflowInfo().targetWorkerDeploymentVersionChanged === true) {
      await makeContinueAsNewFunc<typeof linkedAccount>({ initialVersioningBehavior: 'AUTO_UPGRADE' })(next);
    }
    await continueAsNew<typeof linkedAccount>(next);
  }

  #view(): WorkflowView {
    const { status, paused, syncDueMs, cycles } = this.#state;
    return {
      accountId: this.#accountId,
      status,
      activity: this.#doing,
      nextSyncAt: paused ? null : new Date(syncDueMs).toISOString(),
      cycles,
      problems: this.#state.problems.map((problem) => describeProblem(problem)),
    };
  }

  #show(step: Step | null): void {
    const doing = step?.kind === 'wait' ? `waiting for ${step.why}` : (step?.kind ?? this.#doing);
    setCurrentDetails(accountDetails(this.#accountId, this.#state, doing));
    if (step !== null) this.#shown = showAttributes(this.#shown, this.#state);
  }
}

/** The newest comes last: it is the one that knows how the others have ended. 0.1.0 took them in the order of the lanes. */
function inTurn(results: ReadonlyMap<number, SyncResult>, lanes: number): readonly SyncResult[] {
  const byArrival = [...results];
  const newestLast = lanes > 1 && patched('newest-result-last');
  return (newestLast ? byArrival : byArrival.sort(([a], [b]) => a - b)).map(([, result]) => result);
}

/** Our own interruption, or an activity that failed; a workflow that is cancelled from outside ends. */
function isExpected(failure: unknown): boolean {
  if (isCancellation(failure)) return !CancellationScope.current().consideredCancelled;
  return failure instanceof ActivityFailure;
}

/** A sentence for the person who waits for the answer, with the reason that the activity gave. */
function tellable(error: unknown, sentence: string): unknown {
  if (!(error instanceof ActivityFailure) || isCancellation(error)) return error;
  const reason = error.cause instanceof ApplicationFailure ? ` ${error.cause.message}` : '';
  return ApplicationFailure.nonRetryable(`${sentence}${reason}`);
}
