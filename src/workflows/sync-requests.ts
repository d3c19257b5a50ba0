import { ApplicationFailure, condition } from '@temporalio/workflow';
import type { AccountRun } from './account-run.ts';
import { afterSyncRequest } from './after-command.ts';
import { crowded, type SyncAnswer, type SyncRequest } from './messages.ts';
import type { Presentation } from './presentation.ts';

/** Temporal accepts ten concurrent updates of a workflow, so none of them may wait longer than this. */
const longestWaitMs = 20_000;
/**
 * Half of those ten: the others stay free for commands, like a pause. Further callers are answered at once, and ask again. That
 * is refused while there is no room for them, because a refused update is not stored in the history.
 */
const maxWaiting = 5;
/** Not 0, which the SDK marks in the history: earlier releases let these callers wait. */
const noWaitMs = 1;

/** Requests to sync: they are counted, served by a sync that begins after them, and answered to waiting callers. */
export class SyncRequests {
  readonly #run: AccountRun;
  readonly #presentation: Presentation;
  /** Nothing more is done at present for requests up to this one. */
  #answered = 0;
  #waiting = 0;
  #runIsOver = false;

  constructor(run: AccountRun, presentation: Presentation) {
    this.#run = run;
    this.#presentation = presentation;
  }

  add(): void {
    this.#run.change(afterSyncRequest(this.#run.state, Date.now()));
  }

  /** Throws if the caller has to ask again later. */
  validate({ request }: SyncRequest): void {
    if (request === undefined || this.#waiting < maxWaiting || this.#isAnswered(request)) return;
    if (request > this.#run.state.syncsRequested) return;
    throw ApplicationFailure.nonRetryable('Enough callers wait for this sync: ask again in a few seconds.', crowded);
  }

  async sync({ request: known, waitMs = longestWaitMs }: SyncRequest): Promise<SyncAnswer> {
    // A workflow that was started again does not know the number: this is a new request.
    if (known === undefined || known > this.#run.state.syncsRequested) this.add();
    const request = Math.min(known ?? Number.POSITIVE_INFINITY, this.#run.state.syncsRequested);
    const delayMs = Math.min(waitMs, this.#waiting < maxWaiting ? longestWaitMs : noWaitMs);
    this.#waiting++;
    await condition(() => this.#isAnswered(request) || this.#runIsOver, delayMs, { summary: 'a sync' });
    this.#waiting--;
    const outcome = this.#isServed(request) ? 'synced' : this.#isAnswered(request) ? 'not-now' : 'under-way';
    const { status, nextSyncAt, problems } = this.#presentation.view();
    return { request, outcome, status, nextSyncAt, problems };
  }

  answerAll(): void {
    this.#answered = this.#run.state.syncsRequested;
  }

  /** Callers repeat their requests; the next run knows their numbers, and serves and answers them. */
  leaveToNextRun(): void {
    this.#runIsOver = true;
  }

  #isServed(request: number): boolean {
    return this.#run.state.syncsServed >= request;
  }

  #isAnswered(request: number): boolean {
    return this.#isServed(request) || this.#answered >= request || this.#run.state.ended !== null;
  }
}
