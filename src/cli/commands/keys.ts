import { readFile, writeFile } from 'node:fs/promises';
import { ClientError } from '../../client/client-error.ts';
import { type CliCommand, type ExitStatus, exitStatus, type Invocation } from '../command.ts';
import { perSecondOption } from '../options.ts';

/** `keys`: the ring of key pairs that credentials are sealed with. */
export function registerKeysCommands(program: CliCommand): void {
  const keys = program
    .command('keys')
    .description('the key pairs that credentials are sealed with')
    .helpCommand(false)
    .examples(
      ['once, at the first installation', 'bitmart-sync keys generate --out credentials-key.json'],
      ['which keys there are, and how many stored keys need each', 'bitmart-sync keys list'],
      [
        'change the key: a new one, everything sealed again, the old one out',
        'bitmart-sync keys add\nbitmart-sync keys rewrap\nbitmart-sync keys retire ID',
      ],
    );
  keys
    .command('generate')
    .description('write a private ring for the worker, and print the public key for everybody who links')
    .requiredOption('--out <file>', 'the new ring; never overwritten')
    .option('--joining <file>', 'a ring in use: its keys are taken over, so that what was sealed for them still opens')
    .examples(
      ['once, at the first installation', 'bitmart-sync keys generate --out credentials-key.json'],
      [
        'a new pair; what was sealed for the old one still opens',
        'bitmart-sync keys generate --joining old-ring.json --out new-ring.json',
      ],
    )
    .runs(generate);
  keys
    .command('add')
    .description('put a new current key into the ring and print its public key; the older ones stay')
    .option('--ring <file>', 'the ring; without it CREDENTIALS_KEY_FILE')
    .examples(['a new key, for what is sealed from now on', 'bitmart-sync keys add'])
    .runs(async (invocation, flags: RingFlag) => (await import('../keys/ring-commands.ts')).addKey(invocation, flags));
  keys
    .command('list')
    .description('the keys of the ring, their age, and how many stored keys need each; status 1 where one is missing')
    .examples(['is an old key still needed?', 'bitmart-sync keys list'])
    .runs(async (invocation) => (await import('../keys/ring-commands.ts')).listKeys(invocation));
  keys
    .command('rewrap')
    .description('seal every stored key again for the current key; while accounts are read, and again after an end')
    .addOption(perSecondOption('how many keys are sealed again in a second', 50))
    .examples(['in the background', 'nohup bitmart-sync keys rewrap --per-second 20 --json > rewrap.json &'])
    .runs(async (invocation, flags: Pace) => (await import('../keys/rewrap.ts')).rewrapKeys(invocation, flags));
  keys
    .command('retire')
    .description('take a key out of the ring; refused while a stored key needs it')
    .argument('<id>', 'the key, as `keys list` names it')
    .option('--ring <file>', 'the ring; without it CREDENTIALS_KEY_FILE')
    .examples(['once `keys list` shows no box of it', 'bitmart-sync keys retire 1f2e3d4c5b6a'])
    .runs(async (invocation, id: string, flags: RingFlag) =>
      (await import('../keys/ring-commands.ts')).retireKey(invocation, id, flags),
    );
}

interface RingFlag {
  readonly ring?: string;
}

interface Pace {
  readonly perSecond: number;
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
