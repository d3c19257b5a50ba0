import type { SearchAttributePair } from '@temporalio/common';
import { setCurrentDetails } from '@temporalio/workflow';
import { accountDetails, wordsOfProblem } from './account-details.ts';
import type { AccountRun } from './account-run.ts';
import type { WorkflowView } from './messages.ts';
import type { Step } from './next-step.ts';
import { attributesOfNextRun, type ShownAttributes, showAttributes, shownAttributes } from './search-attributes.ts';

/** What operators see of a run: its page in the Temporal UI, its search attributes, and the answer to the query `view`. */
export class Presentation {
  readonly #run: AccountRun;
  #attributes: ShownAttributes = shownAttributes();

  constructor(run: AccountRun) {
    this.#run = run;
  }

  /** Without a step only the page changes: a search attribute is an event of the history. */
  show(step: Step | null): void {
    const { accountId, activity, state } = this.#run;
    const doing = step?.kind === 'wait' ? `waiting for ${step.why}` : (step?.kind ?? activity);
    setCurrentDetails(accountDetails(accountId, state, doing));
    if (step !== null) this.#attributes = showAttributes(this.#attributes, state);
  }

  /** By which operators find the next run from its start. */
  attributesOfNextRun(): SearchAttributePair[] {
    return attributesOfNextRun(this.#attributes, this.#run.state);
  }

  view(): WorkflowView {
    const { accountId, activity, state } = this.#run;
    const { status, paused, syncDueMs, cycles } = state;
    return {
      accountId,
      status,
      activity,
      nextSyncAt: paused ? null : new Date(syncDueMs).toISOString(),
      cycles,
      problems: state.problems.map((problem) => ({ ...problem, ...wordsOfProblem(problem, accountId, state.ownerId) })),
    };
  }
}
