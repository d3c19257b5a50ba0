import { ActivityFailure, ApplicationFailure, isCancellation } from '@temporalio/workflow';
import type { KeyCheckResult } from '../activities/contract.ts';
import type { AccountRun } from './account-run.ts';
import type { AccountState } from './account-state.ts';
import { activities, toUserError } from './activity-options.ts';
import { isNotRead } from './after-command.ts';
import { afterFailedKeyCheck, afterKeyCheck } from './after-key-check.ts';
import type { LinkAnswer, LinkRequest } from './messages.ts';
import { nextStep } from './next-step.ts';
import type { Reading } from './reading.ts';
import { checksKeyAgain, pauseIsAsStored, staysWhileLinked } from './versions.ts';

/** Checks keys: those that a caller links, and those that are due. */
export class KeyChecks {
  readonly #run: AccountRun;
  readonly #reading: Reading;
  /** The check that was requested last. */
  #checking: Promise<unknown> = Promise.resolve();
  #last: KeyCheckResult | null = null;

  constructor(run: AccountRun, reading: Reading) {
    this.#run = run;
    this.#reading = reading;
  }

  async link(request: LinkRequest): Promise<LinkAnswer> {
    const result = await this.#check(request.keyId, `check a key (${request.purpose})`).catch((error) => {
      throw toUserError(error, 'The key could not be checked now; it is kept, sealed, and checked again later.');
    });
    if (result.outcome === 'gone' || result.outcome === 'nothing') {
      throw ApplicationFailure.nonRetryable(
        'The key no longer waits to be checked: it was refused or replaced meanwhile. Link it again to learn which.',
      );
    }
    if (result.outcome === 'superseded') {
      throw ApplicationFailure.nonRetryable(
        `A newer key of account ${result.accountId} is in use, so this one was discarded. Link it again to use it instead.`,
      );
    }
    if (result.outcome === 'accepted' && result.accountId === this.#run.accountId) this.#reading.interrupt();
    const { accountId, outcome, alreadyLinked, readOnly, permissions, keyExpiresAt, problems, status } = result;
    return { accountId, outcome, status, alreadyLinked, readOnly, permissions, keyExpiresAt, problems };
  }

  /** Checks the waiting candidate, or else the key in use, unless a link has done so meanwhile. */
  async checkDueKey(): Promise<void> {
    const run = this.#run;
    for (let checking: Promise<unknown> | null = null; checking !== this.#checking; ) {
      checking = this.#checking;
      await checking;
    }
    if (nextStep(run.state, Date.now()).kind !== 'check-key') return;
    const { syncsRequested } = run.state;
    try {
      await this.#check(null, 'check the key');
    } catch (error) {
      if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
      run.change(afterFailedKeyCheck(run.state, Date.now()));
      this.#checkAgainIfRequested(syncsRequested);
    }
  }

  async #check(keyId: string | null, summary: string): Promise<KeyCheckResult> {
    const run = this.#run;
    const check = run.lock.runExclusive(async () => {
      // The check that was running may have checked this very key.
      if (keyId !== null && this.#last?.keyId === keyId && this.#last.outcome !== 'undecided') return this.#last;
      const activityBefore = run.activity;
      run.activity = 'checking-key';
      const command = run.nextCommand;
      const { syncsRequested } = run.state;
      try {
        const result = await activities('look', summary).checkKey({ accountId: run.accountId, keyId, command });
        this.#last = result;
        const taken = asItsReleaseTook(result, run.state);
        const checked = afterKeyCheck(asItsReleaseCounted(run.state, result), run.accountId, taken, Date.now());
        run.change({ ...checked, command });
        this.#checkAgainIfRequested(syncsRequested);
        return result;
      } finally {
        run.activity = this.#reading.isUnderWay ? activityBefore : 'idle';
      }
    });
    this.#checking = check.catch(() => undefined);
    return check;
  }

  /** The check may have been too early for a request to sync that came since. */
  #checkAgainIfRequested(requestsBefore: number): void {
    const run = this.#run;
    const isRequested = run.state.syncsRequested > requestsBefore && isNotRead(run.state);
    if (isRequested && checksKeyAgain()) run.change({ ...run.state, keyDueMs: Date.now() });
  }
}

/** 0.2.0 counted checks without an answer before the first refusal, as if the key had been refused all along. */
function asItsReleaseCounted(state: AccountState, { outcome, subject }: KeyCheckResult): AccountState {
  const countsUndecided = isRefusal(outcome) && subject !== 'candidate' && !state.keyRefused && state.keyLooks > 0;
  return countsUndecided && !checksKeyAgain() ? { ...state, keyRefused: true } : state;
}

function isRefusal(outcome: KeyCheckResult['outcome']): boolean {
  return outcome === 'refused' || outcome === 'superseded';
}

function asItsReleaseTook(result: KeyCheckResult, { paused, keyRefused }: AccountState): KeyCheckResult {
  const { lookAgainMs, ...unlimited } = result;
  const { outcome } = result;
  const hasEnded = result.linked && outcome === 'nothing';
  if (hasEnded && !staysWhileLinked()) return { ...result, linked: false };
  const isOutdated = outcome === 'accepted' && paused !== null && paused !== result.paused;
  if (isOutdated && !pauseIsAsStored()) return { ...result, paused };
  const limitsPause =
    isRefusal(outcome) && lookAgainMs !== undefined && (keyRefused || result.subject === 'key-in-use');
  return limitsPause && !checksKeyAgain() ? unlimited : result;
}
