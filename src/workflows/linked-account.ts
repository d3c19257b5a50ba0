import {
  ActivityFailure,
  allHandlersFinished,
  condition,
  isCancellation,
  makeContinueAsNewFunc,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { AccountRun } from './account-run.ts';
import { upgrade } from './account-state.ts';
import { activities } from './activity-options.ts';
import { afterExpiryLook } from './after-sync.ts';
import { Commands } from './commands.ts';
import { KeyChecks } from './key-checks.ts';
import {
  type LinkedAccountInput,
  linkUpdate,
  mergeUpdate,
  pauseUpdate,
  resumeUpdate,
  syncNowSignal,
  syncRangeUpdate,
  syncUpdate,
  unlinkUpdate,
  viewQuery,
} from './messages.ts';
import { nextStep, type Step, unread, type WaitStep } from './next-step.ts';
import { Presentation } from './presentation.ts';
import { Reading } from './reading.ts';
import { linkRefusal, mergeRefusal, rangeRefusal, refuse, syncRefusal, unlinkRefusal } from './refusals.ts';
import { runIsOver } from './run-length.ts';
import { SyncRequests } from './sync-requests.ts';
import { UnlockedCommands } from './unlocked-commands.ts';
import { commandsTakeTurns, notesExpiry } from './versions.ts';

/**
 * One linked account, for years: sync and wait, repeatedly, as `nextStep` decides. What was read is in Postgres, so nothing
 * is lost if a run is lost at any moment.
 */
export async function linkedAccount(input: LinkedAccountInput): Promise<void> {
  await new LinkedAccount(input).run();
}

class LinkedAccount {
  readonly #run: AccountRun;
  readonly #presentation: Presentation;
  readonly #reading: Reading;
  readonly #keyChecks: KeyChecks;
  readonly #syncRequests: SyncRequests;
  readonly #commands: Commands;
  readonly #unlockedCommands: UnlockedCommands;

  constructor(input: LinkedAccountInput) {
    this.#run = new AccountRun(input.accountId, upgrade(input.state, Date.now()));
    this.#presentation = new Presentation(this.#run);
    this.#reading = new Reading(this.#run, this.#presentation);
    this.#keyChecks = new KeyChecks(this.#run, this.#reading);
    this.#syncRequests = new SyncRequests(this.#run, this.#presentation);
    this.#commands = new Commands(this.#run, this.#reading);
    this.#unlockedCommands = new UnlockedCommands(this.#run, this.#reading);
    this.#listen();
  }

  async run(): Promise<void> {
    const steps = { syncs: 0, waits: 0 };
    for (;;) {
      const step = nextStep(this.#run.state, Date.now());
      this.#presentation.show(step);
      if (step.kind === 'end') {
        await condition(allHandlersFinished);
        // A key that was accepted meanwhile makes it a linked account again.
        if (this.#run.state.ended !== null) return;
      } else {
        await this.#take(step);
        steps[step.kind === 'sync' || step.kind === 'backfill' ? 'syncs' : 'waits']++;
        if (this.#run.state.ended === null && runIsOver(steps)) await this.#continue();
      }
    }
  }

  #listen(): void {
    const run = this.#run;
    const commands = () => (commandsTakeTurns() ? this.#commands : this.#unlockedCommands);
    setHandler(linkUpdate, (request) => this.#keyChecks.link(request), {
      description: 'A new key waits to be checked; once accepted it replaces the one in use.',
      validator: (request) => refuse(linkRefusal(request)),
    });
    setHandler(pauseUpdate, () => commands().setPaused(true), { description: 'Stop reading until resumed.' });
    setHandler(resumeUpdate, () => commands().setPaused(false), { description: 'Read again after a pause.' });
    setHandler(unlinkUpdate, (request) => commands().unlink(request), {
      description: 'Forget the key and end; with {"erase": true} delete the stored history as well.',
      validator: (request) => refuse(unlinkRefusal(request)),
    });
    setHandler(syncRangeUpdate, (request) => this.#reading.readRange(request), {
      description: 'Read a range of one stream again: {"stream", "from", "to"}; answers with what it brought.',
      validator: (request) => {
        refuse(rangeRefusal(run.state, request, Date.now()));
        this.#reading.assertRoomForRange();
      },
    });
    setHandler(mergeUpdate, (request) => commands().merge(request.into), {
      description: 'Merge into another account of the same owner, because both are one at the exchange: {"into": id}.',
      validator: (request) => refuse(mergeRefusal(request, run.accountId)),
    });
    setHandler(syncUpdate, (request) => this.#syncRequests.sync(request ?? {}), {
      description: 'Read everything now, and answer when that is done, within 20 s; {"request": N} goes on waiting.',
      validator: (request) => {
        refuse(syncRefusal(request));
        this.#syncRequests.validate(request ?? {});
      },
    });
    setHandler(syncNowSignal, () => this.#syncRequests.add(), {
      description: 'Read now instead of when it is due; a key that is refused is checked again.',
    });
    setHandler(viewQuery, () => this.#presentation.view(), { description: 'Where the account stands.' });
  }

  async #take(step: Exclude<Step, { kind: 'end' }>): Promise<void> {
    switch (step.kind) {
      case 'check-key':
        return this.#keyChecks.checkDueKey();
      case 'backfill':
        return this.#reading.read(step.lanes, 'backfill');
      case 'sync':
        return this.#reading.read([step.streams], 'live');
      case 'note-expiry':
        return notesExpiry() ? noteExpiry(this.#run) : this.#wait(unread(this.#run.state, Date.now()));
      case 'wait':
        return this.#wait(step);
    }
  }

  async #wait({ delayMs, why }: WaitStep): Promise<void> {
    // Every request so far was served, or has to wait: its callers get their answer.
    if (this.#run.state.stops === 0) this.#syncRequests.answerAll();
    const seen = this.#run.changes;
    await condition(() => this.#run.changes !== seen, delayMs, { summary: `waiting for ${why}` });
  }

  async #continue(): Promise<void> {
    this.#syncRequests.leaveToNextRun();
    await condition(allHandlersFinished);
    const { accountId, state } = this.#run;
    if (state.ended !== null) return;
    const next: LinkedAccountInput = { accountId, state };
    // With worker versions, a run is bound to the version that began it; the next run begins on the current one.
    const isOutdated = workflowInfo().targetWorkerDeploymentVersionChanged === true;
    await makeContinueAsNewFunc<typeof linkedAccount>({
      typedSearchAttributes: this.#presentation.attributesOfNextRun(),
      ...(isOutdated && { initialVersioningBehavior: 'AUTO_UPGRADE' }),
    })(next);
  }
}

/** Records what has expired of an account that is not read; a failed check is due again later. */
async function noteExpiry(run: AccountRun): Promise<void> {
  try {
    const result = await activities('interactive', 'what has expired').noteExpiry({ accountId: run.accountId });
    run.change(afterExpiryLook(run.state, result, Date.now()));
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    run.change(afterExpiryLook(run.state, null, Date.now()));
  }
}
