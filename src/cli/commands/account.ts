import { createInterface } from 'node:readline/promises';
import { Option } from 'commander';
import type { Status } from '../../answers/index.ts';
import { printable } from '../../answers/printable.ts';
import { ClientError } from '../../client/client-error.ts';
import type { StreamName } from '../../client/record-types.ts';
import { type CliCommand, type ExitStatus, exitStatus, type Invocation } from '../command.ts';
import { seconds } from '../options.ts';
import { type Reached, whileWaiting } from '../progress.ts';
import { notSyncedText, rangeText, statusText, unlinkedText } from '../render.ts';

/** `sync`, `pause`, `resume`, `unlink`, `merge`: commands to an account's workflow. */
export function registerAccountCommands(program: CliCommand): void {
  program
    .command('sync')
    .description('sync an account now instead of at its next due time')
    .argument('<id>', 'the account')
    .option('--no-wait', 'return as soon as the sync is requested')
    .addOption(
      new Option('--timeout <seconds>', 'how long to wait for the sync to end').default(300).argParser(seconds),
    )
    .option('--stream <name>', 'read a range of one stream again')
    .option('--from <time>', 'start of that range, ISO 8601')
    .option('--to <time>', 'end of that range, ISO 8601')
    .examples(
      ['read what is new, and wait until it is stored', 'bitmart-sync --owner alice sync ID'],
      ['request it and return', 'bitmart-sync --owner alice sync ID --no-wait'],
      [
        'read one day of one stream again',
        'bitmart-sync --owner alice sync ID --stream spot-trades --from 2026-11-01T00:00:00Z --to 2026-11-02T00:00:00Z',
      ],
    )
    .runs(sync);
  program
    .command('pause')
    .description('stop reading an account until it is resumed')
    .argument('<id>', 'the account')
    .examples(['stop reading; history that expires meanwhile is lost', 'bitmart-sync --owner alice pause ID'])
    .shows(async (owner, accountId: string) => {
      await owner.pause(accountId);
      return owner.status(accountId);
    }, statusText);
  program
    .command('resume')
    .description('resume reading a paused account')
    .argument('<id>', 'the account')
    .examples(['read again, what was missed first', 'bitmart-sync --owner alice resume ID'])
    .shows(async (owner, accountId: string) => {
      await owner.resume(accountId);
      return owner.status(accountId);
    }, statusText);
  program
    .command('unlink')
    .description('forget the key and stop syncing; the history that was read stays')
    .argument('<id>', 'the account')
    .option('--erase', 'delete the history as well')
    .option('--yes', 'do not ask for confirmation')
    .examples(
      ['forget the key, keep the history', 'bitmart-sync --owner alice unlink ID'],
      ['delete both, without being asked (for programs)', 'bitmart-sync --owner alice unlink ID --erase --yes'],
    )
    .runs(unlink);
  program
    .command('merge')
    .description('merge two accounts that are the same BitMart account, without losing or duplicating a record')
    .argument('<younger>', 'the duplicate, which is merged into the other account')
    .argument('<older>', 'the account that stays')
    .examples([
      'the problem same-account names both; the one that was linked first stays',
      'bitmart-sync --owner alice merge YOUNGER OLDER',
    ])
    .runs(merge);
}

interface SyncFlags {
  readonly wait: boolean;
  readonly timeout: number;
  readonly stream?: string;
  readonly from?: string;
  readonly to?: string;
}

async function sync(invocation: Invocation, accountId: string, flags: SyncFlags): Promise<ExitStatus> {
  const owner = await invocation.owner();
  const parts = [flags.stream, flags.from, flags.to];
  if (parts.some((part) => part !== undefined)) {
    if (parts.includes(undefined)) {
      throw new ClientError(
        'wrong-usage',
        'A range needs all three of --stream, --from and --to.',
        'Pass all three, or none to sync everything.',
      );
    }
    const range = { stream: flags.stream as StreamName, from: flags.from as string, to: flags.to as string };
    const answer = await owner.syncRange(accountId, range, { timeoutMs: flags.timeout * 1000 });
    await invocation.output.result({ accountId, ...answer }, (paint) => rangeText(answer, paint));
    return answer.stopped === null ? exitStatus.done : exitStatus.failed;
  }
  const progress = invocation.output.progress('Syncing', 'rows');
  const onStatus = (status: Status) => progress.report(readSoFar(status, Date.now()));
  const result = await owner
    .sync(accountId, { wait: flags.wait, timeoutMs: flags.timeout * 1000, onStatus })
    .finally(() => progress.end());
  const document = await owner.status(accountId);
  await invocation.output.result(document, (paint) => statusText(document, paint));
  if (result.outcome !== 'not-synced') return exitStatus.done;
  invocation.output.note(notSyncedText(result));
  return exitStatus.failed;
}

/** Rows stored, and during a first read the proved share of its time. */
function readSoFar(status: Status, nowMs: number): Reached {
  const done = status.streams.reduce((sum, stream) => sum + stream.rows, 0);
  if (status.status !== 'backfilling') return { done };
  const wantedMs = status.streams.reduce((sum, { from }) => sum + nowMs - Date.parse(from), 0);
  const readMs = status.streams
    .flatMap(({ from, covered }) => covered.map(([start, end]) => [start < from ? from : start, end] as const))
    .reduce((sum, [start, end]) => sum + Math.max(0, Date.parse(end) - Date.parse(start)), 0);
  return { done, share: readMs / wantedMs };
}

async function unlink(
  invocation: Invocation,
  accountId: string,
  flags: { readonly erase?: boolean; readonly yes?: boolean },
): Promise<void> {
  const owner = await invocation.owner();
  const account = await owner.find(accountId);
  const erase = flags.erase === true;
  if (invocation.stdin.isTTY && flags.yes !== true) {
    const what = erase ? 'Forget its key AND DELETE its whole history' : 'Forget its key and stop syncing';
    await confirm(invocation, `${printable(account.label ?? account.accountId)}: ${what}? Type yes: `);
  }
  await owner.unlink(accountId, { erase });
  const document = { accountId, status: 'unlinked', erased: erase };
  await invocation.output.result(document, () => unlinkedText(accountId, erase));
}

async function confirm(invocation: Invocation, question: string): Promise<void> {
  const reader = createInterface({ input: invocation.stdin, output: invocation.stderr });
  // Ctrl-C and Ctrl-D end the question with an error, or, in Node 20, leave it without an answer.
  const ended = new Promise<string>((resolve) => reader.once('close', () => resolve('')));
  const asked = reader.question(question).catch(() => '');
  const answer = await Promise.race([asked, ended]);
  reader.close();
  if (answer.trim().toLowerCase() === 'yes') return;
  if (answer === '') invocation.stderr.write('\n');
  throw new ClientError('confirmation-declined', 'Nothing was changed.', 'Run it again and type yes, or pass --yes.');
}

async function merge(invocation: Invocation, younger: string, older: string): Promise<void> {
  const owner = await invocation.owner();
  const answer = await whileWaiting(invocation.output.progress('Joining the accounts'), owner.merge(younger, older));
  await invocation.output.result(answer, () => {
    const { moved, dropped, conflicts } = answer;
    const counts = `${moved} records moved, ${dropped} were in both${conflicts > 0 ? `, ${conflicts} contradict and are kept twice` : ''}`;
    return `Account ${younger} is part of ${older} now: ${counts}.`;
  });
}
