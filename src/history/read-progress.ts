import type { PartState } from './part-state.ts';
import type { PageDecision } from './ports.ts';
import { sameSet } from './range-set.ts';
import { beginRead, finishRead, type ReadStart } from './read.ts';

/** What the pages of a read do to the part's plan. */
export interface Progress {
  /** The state with this read under way, whether it was written down already or not. */
  begun(state: PartState): PartState;
  /** The decision, with the end of the read where nothing is left to ask. */
  concluded(decision: PageDecision): PageDecision;
  /** Stored: the read is over, and what is written now begins no other one. */
  ended: boolean;
}

/** For pages that belong to no read: the plan of a read that may be under way is not changed. */
export const asItStands: Progress = { begun: (state) => state, concluded: (decision) => decision, ended: false };

/**
 * One read of one part, from its plan to its frozen end. Neither costs a transaction of its own where nothing is lost by
 * waiting: the first page that is stored writes down the plan as well, and the last one that the read is done. A plan
 * that never came to a page was worth nothing.
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

  /** The first read fixes from where on history is claimed, and what can no longer be covered must be said at once. */
  mustBeKept(before: PartState): boolean {
    const begun = this.begun(before);
    return (
      before.lastReadEndMs === null || before.walkedWith !== begun.walkedWith || !sameSet(before.covered, begun.covered)
    );
  }

  concluded(decision: PageDecision): PageDecision {
    const { pending, readEndMs, marks } = decision.state;
    const isThrough = pending.length === 0 && !marks.some((mark) => mark.narrowing || mark.division);
    return readEndMs !== null && isThrough ? { ...decision, state: this.finished(decision.state) } : decision;
  }

  finished(state: PartState): PartState {
    return finishRead(state, this.#start.stream, this.#start.settings);
  }
}
