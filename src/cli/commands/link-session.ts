import { type Command, Option } from 'commander';
import { type LinkLanguage, linkLanguages } from '../../client/link-sessions.ts';
import { examples } from '../examples.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Invocation, RunCommand } from '../invocation.ts';

/** `link-session`: a URL of the connection page for one user. */
export function registerLinkSessionCommand(program: Command, run: RunCommand): void {
  program
    .command('link-session')
    .description('make a URL on which a user links a key: the page that `serve` hosts')
    .option('--replace-key <id>', 'replace the key of this account instead of linking one')
    .option('--return-url <url>', 'where the user comes back to')
    .option('--origin <origin>', 'the one origin that may show the page in a frame and gets its messages')
    .option('--label <text>', 'what the user calls the account')
    .addOption(
      new Option('--language <code>', 'the language of the page instead of the browser’s').choices(linkLanguages),
    )
    .addHelpText(
      'after',
      examples([
        ['a URL for your user alice, good for 30 minutes and one key', 'bitmart-sync --owner alice link-session'],
        ['her key expires: replace it', 'bitmart-sync --owner alice link-session --replace-key ID'],
      ]),
    )
    .action(run(linkSession));
}

interface Flags {
  readonly replaceKey?: string;
  readonly returnUrl?: string;
  readonly origin?: string;
  readonly label?: string;
  readonly language?: LinkLanguage;
}

async function linkSession(invocation: Invocation, flags: Flags): Promise<ExitStatus> {
  const owner = await invocation.owner();
  const session = await owner.createLinkSession(flags);
  await invocation.output.result(session, () => session.url);
  invocation.output.note(`Valid until ${session.expiresAt}. Give it to this user alone: who has it can link a key.`);
  return exitStatus.done;
}
