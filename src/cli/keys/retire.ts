import { ClientError } from '../../client/client-error.ts';
import { ringFileOf } from '../../credentials/key-ring.ts';
import { countBoxes } from '../../database/index.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Invocation } from '../invocation.ts';
import { withKeyDatabase } from './key-database.ts';
import { changeableRing, writeRing } from './ring-file.ts';

/** Takes a key out of the ring. Refused while a stored box needs it, and for the current key. */
export async function retireKey(
  { env, output }: Invocation,
  id: string,
  { ring }: { readonly ring?: string },
): Promise<ExitStatus> {
  const { file, keys } = await changeableRing(env, ring);
  if (!keys.some((key) => key.id === id)) {
    throw refused(`${file} has no key ${id}; it has ${keys.map((key) => key.id).join(', ')}.`, 'Name one of these.');
  }
  if (keys[0].id === id) {
    throw refused(
      `${id} is the current key of ${file}: keys are sealed for it.`,
      'Run `keys add` and `keys rewrap` first.',
    );
  }
  const needing = (await withKeyDatabase(env, countBoxes)).find((count) => count.ringKeyId === id);
  if (needing) {
    throw refused(
      `${needing.boxes} stored keys still need ${id}, the newest of ${needing.newestAt.toISOString()}.`,
      'Set CREDENTIALS_PUBLIC_KEY of everything that links to the current key, then run `keys rewrap`.',
    );
  }
  const kept = keys.filter((key) => key.id !== id);
  await writeRing(file, ringFileOf(kept));
  const ids = kept.map((key) => key.id);
  await output.result({ file, retired: id, keys: ids }, () => `${id} is no longer in ${file}; ${ids.join(', ')} stay.`);
  output.note(
    'Keep a copy of the key for as long as you keep backups of the database that were made before `keys rewrap`.',
  );
  return exitStatus.done;
}

function refused(message: string, remedy: string): ClientError {
  return new ClientError('not-available', message, remedy);
}
