import { readFile } from 'node:fs/promises';
import { parseKeyRing, parsePublicKey } from '../../credentials/key-ring.ts';
import type { Surroundings } from '../surroundings.ts';
import { type CheckResult, seen, wrong } from './check.ts';

/** What credentials are sealed with, and whether the worker's ring opens it, where the ring is at hand. */
export async function keyChecks(surroundings: Surroundings): Promise<readonly CheckResult[]> {
  const { publicKey, keyFile } = surroundings;
  const configuration = await seen('configuration', async () => configurationText(publicKey));
  if (keyFile === null) return [configuration];
  return [configuration, await seen('key ring', () => keyRingText(keyFile, publicKey))];
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

async function keyRingText(file: string, publicKey: string | null): Promise<string> {
  const content = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw wrong(`CREDENTIALS_KEY_FILE names ${file}, which can't be read (${error.code}).`, 'Correct it.');
  });
  const ids = parseKeyRing(content).map(({ id }) => id);
  const wanted = publicKey === null ? null : parsePublicKey(publicKey).id;
  if (wanted !== null && !ids.includes(wanted)) {
    throw wrong(
      `${file} does not open what is sealed for CREDENTIALS_PUBLIC_KEY (${wanted}); it opens ${ids.join(', ')}.`,
      'Give the worker the ring that belongs to the public key, or set the public key that `keys generate` printed for this ring.',
    );
  }
  return `${file} opens what is sealed for ${ids.join(', ')}`;
}
