import { readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { ClientError } from '../../client/client-error.ts';
import { examples } from '../examples.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Invocation, RunCommand } from '../invocation.ts';

/** `keys generate`: the pair that credentials are sealed with. */
export function registerKeysCommands(program: Command, run: RunCommand): void {
  const keys = program
    .command('keys')
    .description('the key pair that credentials are sealed with')
    .helpCommand(false)
    .addHelpText(
      'after',
      examples([['once, at the first installation', 'bitmart-sync keys generate --out credentials-key.json']]),
    );
  keys
    .command('generate')
    .description('write a private ring for the worker, and print the public key for everybody who links')
    .requiredOption('--out <file>', 'the new ring; never overwritten')
    .option('--joining <file>', 'a ring in use: its keys are taken over, so that what was sealed for them still opens')
    .addHelpText(
      'after',
      examples([
        ['once, at the first installation', 'bitmart-sync keys generate --out credentials-key.json'],
        [
          'a new pair; what was sealed for the old one still opens',
          'bitmart-sync keys generate --joining old-ring.json --out new-ring.json',
        ],
      ]),
    )
    .action(run(generate));
}

async function generate(
  { output }: Invocation,
  flags: { readonly out: string; readonly joining?: string },
): Promise<ExitStatus> {
  const { generateKeyRing } = await import('../../credentials/key-ring.ts');
  const older = flags.joining === undefined ? undefined : await readFile(flags.joining, 'utf8');
  const { publicKey, ringFile } = await generateKeyRing(older);
  try {
    await writeFile(flags.out, ringFile, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new ClientError(
      'not-available',
      `${flags.out} exists already and is not overwritten: without its keys nothing opens that was sealed for them.`,
      'Choose another file.',
    );
  }
  await output.result({ publicKey }, () => publicKey);
  output.note(
    `Private ring written to ${flags.out}: CREDENTIALS_KEY_FILE of the worker alone. Keep a copy in a safe place.`,
  );
  output.note('The public key is CREDENTIALS_PUBLIC_KEY of everything that links.');
  return exitStatus.done;
}
