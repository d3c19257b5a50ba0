import { readFile, writeFile } from 'node:fs/promises';
import { ClientError } from '../../client/client-error.ts';
import type { CliCommand, Invocation } from '../command.ts';
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
        'replace the key: add a new one, seal everything again, remove the old one',
        'bitmart-sync keys add\nbitmart-sync keys rewrap\nbitmart-sync keys retire ID',
      ],
    );
  keys
    .command('generate')
    .description('write a private key ring for the worker, and print the public key for clients')
    .requiredOption('--out <file>', 'the new ring; never overwritten')
    .option('--joining <file>', 'a ring in use: its keys are copied, so that what was sealed for them still opens')
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
    .description('add a new current key to the ring and print its public key; older keys stay')
    .option('--ring <file>', 'the ring, if not CREDENTIALS_KEY_FILE')
    .examples(['a new key, for what is sealed from now on', 'bitmart-sync keys add'])
    .runs(async (invocation, flags: RingFlag) => (await import('../keys/ring-commands.ts')).addKey(invocation, flags));
  keys
    .command('list')
    .description('the keys of the ring, their age, and how many stored keys need each; exit status 1 if one is missing')
    .examples(['is an old key still needed?', 'bitmart-sync keys list'])
    .runs(async (invocation) => (await import('../keys/ring-commands.ts')).listKeys(invocation));
  keys
    .command('rewrap')
    .description('seal every stored key again for the current key; accounts are read meanwhile, and it may be repeated')
    .addOption(perSecondOption('how many keys are sealed again in a second', 50))
    .examples(['in the background', 'nohup bitmart-sync keys rewrap --per-second 20 --json > rewrap.json &'])
    .runs(async (invocation, flags: Pace) => (await import('../keys/rewrap.ts')).rewrapKeys(invocation, flags));
  keys
    .command('retire')
    .description('remove a key from the ring; refused while a stored key needs it')
    .argument('<id>', 'the key, as `keys list` names it')
    .option('--ring <file>', 'the ring, if not CREDENTIALS_KEY_FILE')
    .examples(['once `keys list` shows no stored key that needs it', 'bitmart-sync keys retire 1f2e3d4c5b6a'])
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
): Promise<void> {
  const { generateKeyRing } = await import('../../credentials/key-ring.ts');
  const older = flags.joining === undefined ? undefined : await readFile(flags.joining, 'utf8');
  const { publicKey, ringFile } = await generateKeyRing(older);
  try {
    await writeFile(flags.out, ringFile, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new ClientError(
      'not-available',
      `${flags.out} exists already and is not overwritten: what was sealed for its keys would no longer open.`,
      'Choose another file.',
    );
  }
  await output.result({ publicKey }, () => publicKey);
  output.note(
    `Private ring written to ${flags.out}. Set it as CREDENTIALS_KEY_FILE, for the worker alone. Keep a copy in a safe place.`,
  );
  output.note('Set the public key as CREDENTIALS_PUBLIC_KEY of every client.');
}
