import { parseKeyRing, parsePublicKey } from '../../credentials/key-ring.ts';
import { type RingEnvironment, ringSourceOf } from '../../credentials/ring-source.ts';
import { type CheckResult, reasonOf, seen, wrong } from './check.ts';

interface KeyEnvironment {
  readonly publicKey: string | null;
  readonly ring: RingEnvironment;
}

/** Checks the public key, and whether the worker's ring opens what is sealed with it, if the ring is at hand. */
export async function keyChecks({ publicKey, ring }: KeyEnvironment): Promise<readonly CheckResult[]> {
  const configuration = await seen('configuration', async () => configurationText(publicKey));
  if (!ring.CREDENTIALS_KEY_FILE && !ring.CREDENTIALS_KEY_COMMAND) return [configuration];
  return [configuration, await seen('key ring', () => keyRingText(ring, publicKey))];
}

function configurationText(publicKey: string | null): string {
  if (publicKey === null) {
    throw wrong(
      'CREDENTIALS_PUBLIC_KEY is not set: accounts can be read and steered, but no key can be linked.',
      'Set it to what `keys generate` printed.',
    );
  }
  return `complete; keys are sealed for ${parsePublicKey(publicKey).id}`;
}

async function keyRingText(environment: RingEnvironment, publicKey: string | null): Promise<string> {
  const { name, ids } = await ringOf(environment).catch((error: unknown) => {
    throw wrong(`The private key ring is not usable: ${reasonOf(error)}`, 'Correct it: no worker starts with it.');
  });
  const wanted = publicKey === null ? null : parsePublicKey(publicKey).id;
  if (wanted !== null && !ids.includes(wanted)) {
    throw wrong(
      `${name} does not open what is sealed for CREDENTIALS_PUBLIC_KEY (${wanted}); it opens ${ids.join(', ')}.`,
      'Give the worker the ring that belongs to the public key, or set the public key that `keys generate` printed for this ring.',
    );
  }
  return `${name} opens what is sealed for ${ids.join(', ')}`;
}

async function ringOf(
  environment: RingEnvironment,
): Promise<{ readonly name: string; readonly ids: readonly string[] }> {
  const source = ringSourceOf(environment);
  if (source === null) throw new Error('the environment names none');
  return { name: source.name, ids: parseKeyRing((await source.read()).reveal()).map(({ id }) => id) };
}
