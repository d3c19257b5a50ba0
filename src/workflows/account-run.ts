import { Mutex } from 'async-mutex';
import type { AccountState } from './account-state.ts';
import type { WorkflowView } from './messages.ts';

/** What the parts of one run share: the account's state, and the lock under which it is changed. */
export class AccountRun {
  readonly accountId: string;
  readonly lock = new Mutex();
  activity: WorkflowView['activity'] = 'idle';
  #state: AccountState;
  #changes = 0;

  constructor(accountId: string, state: AccountState) {
    this.accountId = accountId;
    this.#state = state;
  }

  get state(): AccountState {
    return this.#state;
  }

  /** Counts what may change the next step, so that a wait notices. */
  get changes(): number {
    return this.#changes;
  }

  /** Numbers grow over all runs, even of a workflow that was started again, because they follow the clock. */
  get nextCommand(): number {
    return Math.max(this.#state.command + 1, Date.now());
  }

  change(state: AccountState): void {
    this.#state = state;
    this.#changes++;
  }
}
