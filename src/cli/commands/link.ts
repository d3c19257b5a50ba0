import { Help, Option } from 'commander';
import { commandText } from '../../answers/explanation/words.ts';
import type { KeyAnswer, KeyCheck, KeyOutcome } from '../../answers/index.ts';
import { printable } from '../../answers/printable.ts';
import { type LinkSessionOptions, linkLanguages } from '../../client/link-sessions.ts';
import { linkingGuide } from '../../client/linking-guide.ts';
import { type CliCommand, type ExitStatus, exitStatus, type Invocation } from '../command.ts';
import { credentialsInput } from '../credentials-input.ts';
import { whileWaiting } from '../progress.ts';
import { keyAnswerText } from '../render.ts';
import { indent } from '../table.ts';

/** `link`, `check`, `rotate`, `link-session`: everything that takes a key. */
export function registerLinkCommands(program: CliCommand, env: NodeJS.ProcessEnv): void {
  const guide = () => `\n${linkingGuideText(addressesIn(env.EGRESS_ADDRESSES))}`;
  program
    .command('link')
    .description('link a BitMart key: it is checked, and from then on its history is kept in Postgres')
    .option('--label <text>', 'what the user calls this account; not part of its identity')
    .option('--sub-account <name>', 'the sub-account that the key belongs to, if any')
    .addOption(new Option('--no-wait', 'return as soon as the key is stored, before the exchange has accepted it'))
    .addHelpText('after', guide)
    .examples(
      ['prompts for key, secret and memo with hidden input', 'bitmart-sync --owner alice link --label "My BitMart"'],
      [
        'from a program, or from a file that only you can read',
        'bitmart-sync --owner alice link --json < credentials.json',
      ],
    )
    .runs(link);
  program
    .command('check')
    .description('check a key as `link` does, without linking it')
    .option('--sub-account <name>', 'the sub-account that the key belongs to, if any')
    .addHelpText('after', guide)
    .examples(
      ['would this key be accepted?', 'bitmart-sync check'],
      ['and is it linked already?', 'bitmart-sync --owner alice check'],
    )
    .runs(check);
  program
    .command('rotate')
    .description('replace the key of a linked account; the old one works until the new one is accepted')
    .argument('<id>', 'the account')
    .addHelpText('after', guide)
    .examples(
      ['give the account a new key; prompts with hidden input', 'bitmart-sync --owner alice rotate ID'],
      ['from a program', 'bitmart-sync --owner alice rotate ID --json < credentials.json'],
    )
    .runs(rotate);
  program
    .command('link-session')
    .description('make a URL of the page that `serve` hosts, where a user links a key')
    .option('--replace-key <id>', 'replace the key of this account instead of linking one')
    .option('--return-url <url>', 'where the user returns to')
    .option('--origin <origin>', 'the only origin that may show the page in a frame, and that gets its messages')
    .option('--label <text>', 'what the user calls the account')
    .addOption(
      new Option('--language <code>', 'the language of the page, instead of the browser’s').choices(linkLanguages),
    )
    .examples(
      ['a URL for your user alice, good for 30 minutes and one key', 'bitmart-sync --owner alice link-session'],
      ['her key expires: replace it', 'bitmart-sync --owner alice link-session --replace-key ID'],
    )
    .runs(linkSession);
}

/** The worker's EGRESS_ADDRESSES, shown to users, who have to bind them. */
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
  const result = await answer(invocation, owner.link(credentials, flags), {
    accepted: 'Linked',
    refused: 'The key was refused',
    undecided: 'Stored, not checked yet',
  });
  const { accountId } = result;
  if (result.outcome === 'accepted' && accountId !== null && !invocation.output.json) {
    const command = commandText({ ownerId: owner.ownerId, accountId }, 'status');
    invocation.output.note(`Follow it with: ${printable(command)}`);
  }
  return !flags.wait && result.problems.length === 0 ? exitStatus.done : statusOf(result);
}

async function check(invocation: Invocation, flags: Pick<LinkFlags, 'subAccount'>): Promise<ExitStatus> {
  const client = await invocation.client();
  const desk = invocation.hasOwner ? client.forOwner(invocation.ownerId()) : client;
  const credentials = await credentialsInput(invocation.stdin, invocation.stderr);
  const result = await answer(invocation, desk.check(credentials, flags), {
    accepted: 'The key works',
    refused: 'The key was refused',
    undecided: 'Not checked',
  });
  return statusOf(result);
}

async function rotate(invocation: Invocation, accountId: string): Promise<ExitStatus> {
  const owner = await invocation.owner();
  await owner.find(accountId);
  const credentials = await credentialsInput(invocation.stdin, invocation.stderr);
  const result = await answer(invocation, owner.rotate(accountId, credentials), {
    accepted: 'Replaced',
    refused: 'The new key was refused; the old one stays',
    undecided: 'Not checked',
  });
  return statusOf(result);
}

function statusOf(result: KeyCheck): ExitStatus {
  if (result.outcome === 'accepted') return exitStatus.done;
  return result.outcome === 'refused' ? exitStatus.keyRefused : exitStatus.failed;
}

/** Waits for the answer about a key, and shows it. */
async function answer(
  { output }: Invocation,
  checking: Promise<KeyCheck>,
  titles: Readonly<Record<KeyOutcome, string>>,
): Promise<KeyCheck> {
  const waitingTitle = 'Checking the key at BitMart (an answer comes within 30 s)';
  const result = await whileWaiting(output.progress(waitingTitle), checking);
  const { outcome, ...document } = result;
  for (const remark of document.remarks) output.note(`Note: ${remark}`);
  await output.result(document satisfies KeyAnswer, (paint) => keyAnswerText(titles[outcome], document, paint));
  return result;
}

async function linkSession(invocation: Invocation, flags: LinkSessionOptions): Promise<void> {
  const owner = await invocation.owner();
  const session = await owner.createLinkSession(flags);
  await invocation.output.result(session, () => session.url);
  invocation.output.note(
    `Valid until ${session.expiresAt}. Give it to this user only: anyone who has it can link a key.`,
  );
}

function linkingGuideText(egressAddresses: readonly string[]): string {
  const { steps, reach, closing } = linkingGuide({ egressAddresses });
  const numbered = steps.map(({ title, text }, place) => wrapped(`${place + 1}. ${title}: ${text}`, 5)).join('\n');
  const histories = reach.map(({ stream, text }) => wrapped(`${stream}: ${text}`, 4)).join('\n');
  return `What to do on BitMart first:
${numbered}

How far back it can be read:
${histories}
${wrapped(closing, 0, 0)}

Pass key, secret and memo as JSON on standard input:
  {"apiKey": "…", "apiSecret": "…", "memo": "…"}
or run the command on a terminal, which prompts with hidden input. Never put them into arguments.`;
}

/** Lines of this width are easy to read and fit most terminals. */
const columns = 108;

/** Wraps a text; the first line is indented less than the others. */
function wrapped(text: string, indentation: number, first = 2): string {
  const [head = '', ...rest] = new Help().boxWrap(text, columns).split('\n');
  return [indent(head, first), ...rest.map((line) => indent(line, indentation))].join('\n');
}
