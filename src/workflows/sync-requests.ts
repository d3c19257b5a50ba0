import { condition } from '@temporalio/workflow';
import type { AccountRun } from './account-run.ts';
import { afterSyncRequest } from './after-command.ts';
import type { SyncAnswer, SyncRequest } from './messages.ts';
import type { Presentation } from './presentation.ts';

/** Temporal accepts ten concurrent updates of a workflow, so none of them may wait longer than this. */
const longestWaitMs = 20_000;
/** Half of those ten: the others stay free for commands, like a pause. Further callers are answered at once, and ask again. */
const maxWaiting = 5;
/** A timer of 0 would be none, which a history that was written with a timer doesn't allow. */
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

  async sync({ request: known, waitMs = longestWaitMs }: SyncRequest = {}): Promise<SyncAnswer> {
    // A workflow that was started again does not know the number: this is a new request.
    if (known === undefined || known > this.#run.state.syncsRequested) this.add();
    const request = Math.min(known ?? Number.POSITIVE_INFINITY, this.#run.state.syncsRequested);
    const isServed = () => this.#run.state.syncsServed >= request;
    const isAnswered = () => isServed() || this.#answered >= request || this.#run.state.ended !== null;
    const delayMs = this.#waiting < maxWaiting ? Math.min(waitMs, longestWaitMs) : noWaitMs;
    this.#waiting++;
    await condition(() => isAnswered() || this.#runIsOver, delayMs, { summary: 'a sync' });
    this.#waiting--;
    const outcome = isServed() ? 'synced' : isAnswered() ? 'not-now' : 'under-way';
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
}
