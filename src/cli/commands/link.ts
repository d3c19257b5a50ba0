import { type Command, Option } from 'commander';
import type { KeyAnswer, KeyCheck } from '../../answers/index.ts';
import { credentialsInput } from '../credentials-input.ts';
import { examples } from '../examples.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Invocation, RunCommand } from '../invocation.ts';
import { linkingGuideText } from '../linking-guide.ts';
import { whileWaiting } from '../progress.ts';
import { keyAnswerText } from '../render.ts';

/** `link`, `check`, `rotate`: everything that takes a key. */
export function registerLinkCommands(program: Command, run: RunCommand, env: NodeJS.ProcessEnv): void {
  const guide = () => `\n${linkingGuideText(addressesIn(env.EGRESS_ADDRESSES))}`;
  program
    .command('link')
    .description('link a BitMart key: it is checked, and from then on its history flows into Postgres')
    .option('--label <text>', 'what the user calls this account; never part of its identity')
    .option('--sub-account <name>', 'the sub-account that the key is of, if any')
    .addOption(new Option('--no-wait', 'return as soon as the key is stored, before the exchange has accepted it'))
    .addHelpText('after', guide)
    .addHelpText(
      'after',
      examples([
        ['asked for key, secret and memo with hidden input', 'bitmart-sync --owner alice link --label "My BitMart"'],
        [
          'from a program, or a file that only you can read',
          'bitmart-sync --owner alice link --json < credentials.json',
        ],
      ]),
    )
    .action(run(link));
  program
    .command('check')
    .description('look at a key the way `link` does, and link nothing')
    .option('--sub-account <name>', 'the sub-account that the key is of, if any')
    .addHelpText('after', guide)
    .addHelpText(
      'after',
      examples([
        ['would this key be accepted?', 'bitmart-sync check'],
        ['and is it linked already?', 'bitmart-sync --owner alice check'],
      ]),
    )
    .action(run(check));
  program
    .command('rotate')
    .description('replace the key of a linked account; the old one works until the new one is accepted')
    .argument('<id>', 'the account')
    .addHelpText('after', guide)
    .addHelpText(
      'after',
      examples([
        ['give the account a new key, asked for with hidden input', 'bitmart-sync --owner alice rotate ID'],
        ['from a program', 'bitmart-sync --owner alice rotate ID --json < credentials.json'],
      ]),
    )
    .action(run(rotate));
}

const waitingTitle = 'Checking the key at BitMart (an answer comes within 30 s)';

/** The worker's EGRESS_ADDRESSES: shown to those who have to bind them. */
function addressesIn(text = ''): readonly string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

interface LinkFlags {
  readonly label?: string;
  readonly subAccount?: string;
  readonly wait: boolean;
}

async function link(invocation: Invocation, flags: LinkFlags): Promise<ExitStatus> {
  const owner = await invocation.owner();
  const credentials = await credentialsInput(invocation.stdin, invocation.stderr);
  const linking = owner.link(credentials, {
    label: flags.label ?? null,
    subAccount: flags.subAccount ?? null,
    wait: flags.wait,
  });
  const result = await whileWaiting(invocation.output.progress(waitingTitle), linking);
  const titles = { accepted: 'Linked', refused: 'The exchange refused the key', undecided: 'Stored, not checked yet' };
  await answer(invocation, result, titles[result.outcome]);
  if (result.outcome === 'accepted' && !invocation.output.json) {
    invocation.output.note(`Follow it with: status ${result.accountId} --owner ${owner.ownerId}`);
  }
  return !flags.wait && result.problems.length === 0 ? exitStatus.done : statusOf(result);
}

async function check(invocation: Invocation, flags: Pick<LinkFlags, 'subAccount'>): Promise<ExitStatus> {
  const client = await invocation.client();
  const desk = invocation.hasOwner ? client.forOwner(invocation.ownerId()) : client;
  const credentials = await credentialsInput(invocation.stdin, invocation.stderr);
  const checking = desk.check(credentials, { subAccount: flags.subAccount ?? null });
  const result = await whileWaiting(invocation.output.progress(waitingTitle), checking);
  const titles = { accepted: 'The key works', refused: 'The exchange refused the key', undecided: 'Not checked' };
  await answer(invocation, result, titles[result.outcome]);
  return statusOf(result);
}

async function rotate(invocation: Invocation, accountId: string): Promise<ExitStatus> {
  const owner = await invocation.owner();
  await owner.find(accountId);
  const credentials = await credentialsInput(invocation.stdin, invocation.stderr);
  const rotating = owner.rotate(accountId, credentials);
  const result = await whileWaiting(invocation.output.progress(waitingTitle), rotating);
  const titles = {
    accepted: 'Replaced',
    refused: 'The new key was refused; the old one stays',
    undecided: 'Not checked',
  };
  await answer(invocation, result, titles[result.outcome]);
  return statusOf(result);
}

function statusOf(result: KeyCheck): ExitStatus {
  if (result.outcome === 'accepted') return exitStatus.done;
  return result.outcome === 'refused' ? exitStatus.keyRefused : exitStatus.failed;
}

async function answer({ output }: Invocation, result: KeyCheck, title: string): Promise<void> {
  const { outcome: _, ...document } = result;
  for (const remark of document.remarks) output.note(`Note: ${remark}`);
  await output.result(document satisfies KeyAnswer, (paint) => keyAnswerText(title, document, paint));
}
