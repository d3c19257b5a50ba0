import { ActivityFailure, ApplicationFailure, condition } from '@temporalio/workflow';
import type { AccountRun } from './account-run.ts';
import { activities, toUserError } from './activity-options.ts';
import { afterFailedCommand, afterPause, afterResume, afterUnlink } from './after-command.ts';
import { linkedSince, type MergeResult, type UnlinkRequest } from './messages.ts';
import type { Reading } from './reading.ts';

/** Pause, resume, unlink and merge: one at a time, and never during a key check. The state changes once the command is stored. */
export class Commands {
  readonly #run: AccountRun;
  readonly #reading: Reading;

  constructor(run: AccountRun, reading: Reading) {
    this.#run = run;
    this.#reading = reading;
  }

  async setPaused(paused: boolean): Promise<void> {
    const run = this.#run;
    const takeTurn = () => this.#inTurn((command) => this.#savePaused(paused, command));
    await (paused ? this.#withoutReading(takeTurn) : takeTurn()).catch((error) => {
      throw toUserError(error, `The account ${run.accountId} could not be ${paused ? 'paused' : 'resumed'}.`);
    });
  }

  async unlink({ erase, accountCreatedAt, seen }: UnlinkRequest): Promise<void> {
    const run = this.#run;
    await this.#withoutReading(() =>
      this.#inTurn(async (command) => {
        await this.#readingHasStopped();
        const { unlinkAccount } = activities('interactive', erase ? 'unlink and erase' : 'unlink');
        run.activity = 'unlinking';
        try {
          const which = accountCreatedAt ?? run.state.accountCreatedAt;
          const request = { accountId: run.accountId, erase, command, accountCreatedAt: which };
          await unlinkAccount({ ...request, ...(seen !== undefined && { seen }) });
          run.change(afterUnlink(run.state, 'unlinked'));
        } catch (error) {
          // The account that this run knows may no longer exist: the check finds out what exists now.
          if (isLinkedSince(error)) run.change({ ...run.state, accountCreatedAt: null });
          throw error;
        } finally {
          run.activity = 'idle';
        }
      }, 'also when it has ended'),
    ).catch((error) => {
      throw toUserError(error, `The account ${run.accountId} could not be unlinked.`);
    });
  }

  /** This account is merged into another one, unless the two turn out to be different ones. */
  async merge(into: string): Promise<MergeResult> {
    const run = this.#run;
    return this.#withoutReading(() =>
      this.#inTurn(async () => {
        await this.#readingHasStopped();
        const { mergeAccounts } = activities('merge', 'merge into another account');
        const result = await mergeAccounts({ from: run.accountId, into });
        if (result.outcome === 'merged') run.change(afterUnlink(run.state, { handedTo: into }));
        return result;
      }),
    ).catch((error) => {
      throw toUserError(error, `The account ${run.accountId} could not be merged.`);
    });
  }

  async #savePaused(paused: boolean, command: number): Promise<void> {
    const run = this.#run;
    const nowMs = Date.now();
    const next = paused ? afterPause(run.state) : afterResume(run.state, nowMs);
    const nextSyncAt = paused ? null : new Date(nowMs).toISOString();
    const { saveStatus } = activities('interactive', paused ? 'pause' : 'resume');
    const { accountId } = run;
    const { accountCreatedAt } = run.state;
    await saveStatus({ accountId, status: next.status, paused, nextSyncAt, command, accountCreatedAt });
    run.change(paused ? afterPause(run.state) : afterResume(run.state, nowMs));
  }

  /** Reading stops before the command runs, because it would delay the command. */
  async #withoutReading<Result>(work: () => Promise<Result>): Promise<Result> {
    const run = this.#run;
    run.change({ ...run.state, stops: run.state.stops + 1 });
    this.#reading.interrupt();
    try {
      return await work();
    } finally {
      run.change({ ...run.state, stops: run.state.stops - 1 });
    }
  }

  #inTurn<Result>(
    carryOut: (command: number) => Promise<Result>,
    when: 'while it is linked' | 'also when it has ended' = 'while it is linked',
  ): Promise<Result> {
    const run = this.#run;
    return run.lock.runExclusive(async () => {
      if (run.state.ended !== null && when === 'while it is linked')
        throw ApplicationFailure.nonRetryable(`The account ${run.accountId} is no longer linked.`);
      const command = run.nextCommand;
      run.change({ ...run.state, command });
      try {
        return await carryOut(command);
      } catch (error) {
        run.change(afterFailedCommand(run.state, Date.now()));
        throw error;
      }
    });
  }

  /** The current page is finished, or refused by its fence; a short wait keeps its activity from failing for that reason. */
  async #readingHasStopped(): Promise<void> {
    await condition(() => !this.#reading.isUnderWay, '10s', { summary: 'waiting for the page under way' });
  }
}

function isLinkedSince(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : null;
  return cause instanceof ApplicationFailure && cause.type === linkedSince;
}
