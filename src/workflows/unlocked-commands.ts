import { condition } from '@temporalio/workflow';
import type { AccountRun } from './account-run.ts';
import { activities, toUserError } from './activity-options.ts';
import type { MergeResult, UnlinkRequest } from './messages.ts';
import type { Reading } from './reading.ts';

/**
 * How 0.2.0 carried out commands: at once, even during a key check or another command. Runs that began that way continue that
 * way. This file can be deleted when no such run is left.
 */
export class UnlockedCommands {
  readonly #run: AccountRun;
  readonly #reading: Reading;

  constructor(run: AccountRun, reading: Reading) {
    this.#run = run;
    this.#reading = reading;
  }

  async setPaused(paused: boolean): Promise<void> {
    const run = this.#run;
    const before = run.state;
    const { keyRefused, backfilled } = before;
    const running = keyRefused ? 'needs-attention' : backfilled ? 'live' : 'backfilling';
    const status = paused ? 'paused' : running;
    const nowMs = Date.now();
    const dueNow = paused ? {} : { syncDueMs: nowMs, keyDueMs: keyRefused ? nowMs : before.keyDueMs };
    run.change({ ...before, paused, status, ...dueNow });
    if (paused) this.#reading.interrupt();
    const nextSyncAt = paused ? null : new Date(nowMs).toISOString();
    try {
      const request = { accountId: run.accountId, status, paused, nextSyncAt } as const;
      await activities('interactive', paused ? 'pause' : 'resume').saveStatus(request);
    } catch (error) {
      run.change({ ...run.state, paused: before.paused, status: before.status });
      throw toUserError(error, `The account could not be ${paused ? 'paused' : 'resumed'}; nothing was changed.`);
    }
  }

  async unlink({ erase }: UnlinkRequest): Promise<void> {
    const run = this.#run;
    const { paused } = run.state;
    await this.#stopReading();
    try {
      const request = { accountId: run.accountId, erase };
      await activities('interactive', erase ? 'unlink and erase' : 'unlink').unlinkAccount(request);
    } catch (error) {
      run.change({ ...run.state, paused });
      throw toUserError(error, 'The account could not be unlinked; nothing was changed.');
    }
    run.change({ ...run.state, ended: 'unlinked', status: 'unlinked', linked: false });
  }

  /** This account is merged into another one, unless the two turn out to be different ones. */
  async merge(into: string): Promise<MergeResult> {
    const run = this.#run;
    const { paused } = run.state;
    await this.#stopReading();
    try {
      const request = { from: run.accountId, into };
      const result = await activities('merge', 'merge into another account').mergeAccounts(request);
      if (result.outcome === 'merged') {
        run.change({ ...run.state, ended: { handedTo: into }, status: 'unlinked', linked: false });
      } else run.change({ ...run.state, paused });
      return result;
    } catch (error) {
      run.change({ ...run.state, paused });
      throw toUserError(error, 'The accounts could not be merged; nothing was changed.');
    }
  }

  async #stopReading(): Promise<void> {
    const run = this.#run;
    run.change({ ...run.state, paused: true });
    this.#reading.interrupt();
    // The current page is finished, or refused by its fence; a short wait keeps its activity from failing for that reason.
    await condition(() => !this.#reading.isUnderWay, '10s', { summary: 'waiting for the page under way' });
  }
}
