import { isUnderWay, type PartState } from './part-state.ts';
import type { PageDecision } from './ports.ts';
import { sameSet } from './range-set.ts';
import { beginRead, finishRead, type ReadStart } from './read.ts';

/** How the pages of a read change the part's plan. */
export interface Progress {
  /** The state with this read begun, whether that was stored already or not. */
  begun(state: PartState): PartState;
  /** The decision, with the end of the read if nothing is left to request. */
  concluded(decision: PageDecision): PageDecision;
  /** The end is stored: what is written now begins no other read. */
  ended: boolean;
}

/** For pages outside of a read: they do not change the plan of a read in progress. */
export const asItStands: Progress = { begun: (state) => state, concluded: (decision) => decision, ended: false };

/**
 * One read of one part, from its plan to its frozen end. Neither needs a transaction of its own if waiting loses nothing: the
 * first stored page also stores the plan, and the last one stores that the read is done. A plan that never led to a page was
 * worth nothing.
 */
export class ReadProgress implements Progress {
  readonly #start: ReadStart;
  ended = false;

  constructor(start: ReadStart) {
    this.#start = start;
  }

  begun(state: PartState): PartState {
    return this.ended ? state : beginRead(state, this.#start);
  }

  /** The first read fixes the start of the claimed reach, and time that can no longer be covered must be reported at once. */
  mustBeKept(before: PartState): boolean {
    const begun = this.begun(before);
    return (
      before.lastReadEndMs === null || before.walkedWith !== begun.walkedWith || !sameSet(before.covered, begun.covered)
    );
  }

  concluded(decision: PageDecision): PageDecision {
    const { pending, readEndMs, marks } = decision.state;
    const isThrough = pending.length === 0 && !marks.some(isUnderWay);
    return readEndMs !== null && isThrough ? { ...decision, state: this.finished(decision.state) } : decision;
  }

  finished(state: PartState): PartState {
    return finishRead(state, this.#start.stream, this.#start.settings);
  }
}
