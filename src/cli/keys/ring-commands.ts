import { ClientError } from '../../client/client-error.ts';
import { generateKeyRing, parsePublicKey, ringFileOf } from '../../credentials/key-ring.ts';
import { countBoxes } from '../../database/index.ts';
import { type ExitStatus, exitStatus, type Invocation } from '../command.ts';
import { table } from '../table.ts';
import { changeableRing, ringOf, withKeyDatabase, writeRing } from './ring.ts';

/** Adds a new current key to a ring; older keys stay and open what was sealed for them. */
export async function addKey({ env, output }: Invocation, { ring }: { readonly ring?: string }): Promise<void> {
  const { file, content, keys } = await changeableRing(env, ring);
  const { publicKey, ringFile } = await generateKeyRing(content);
  await writeRing(file, ringFile);
  const { id } = parsePublicKey(publicKey);
  await output.result({ file, id, publicKey, older: keys.map((key) => key.id) }, () => publicKey);
  output.note(`${id} is the current key of ${file}. Copy the file to every worker, and keep a copy in a safe place.`);
  output.note('Then set CREDENTIALS_PUBLIC_KEY of every client to the line above, and run `keys rewrap`.');
}

interface ListedKey {
  readonly id: string;
  /** `current`: new boxes are sealed for it; `missing`: boxes need it, and the ring does not have it. */
  readonly state: 'current' | 'older' | 'missing';
  readonly createdAt: string | null;
  readonly ageDays: number | null;
  readonly boxes: number;
  readonly newestBoxAt: string | null;
}

/** The ring's keys, and how many stored boxes need each of them. */
export async function listKeys({ env, output }: Invocation): Promise<ExitStatus> {
  const { source, keys } = await ringOf(env);
  const counts = new Map((await withKeyDatabase(env, countBoxes)).map((count) => [count.ringKeyId, count]));
  const missing = [...counts.keys()].filter((id) => !keys.some((key) => key.id === id));
  const listed = [
    ...keys.map((key, place) => listing(key.id, place === 0 ? 'current' : 'older', key.createdAt)),
    ...missing.map((id) => listing(id, 'missing', '')),
  ];
  await output.result({ ring: source.name, keys: listed }, () => `${source.name}\n${tableOf(listed)}`);
  return missing.length === 0 ? exitStatus.done : exitStatus.failed;

  function listing(id: string, state: ListedKey['state'], createdAt: string): ListedKey {
    const createdMs = Date.parse(createdAt);
    const count = counts.get(id);
    return {
      id,
      state,
      createdAt: createdAt || null,
      ageDays: Number.isNaN(createdMs) ? null : Math.floor((Date.now() - createdMs) / 86_400_000),
      boxes: count?.boxes ?? 0,
      newestBoxAt: count?.newestAt.toISOString() ?? null,
    };
  }
}

function tableOf(keys: readonly ListedKey[]): string {
  return table(
    [
      { title: 'key' },
      { title: 'state' },
      { title: 'days old', align: 'right' },
      { title: 'boxes', align: 'right' },
      { title: 'newest box' },
    ],
    keys.map(({ id, state, ageDays, boxes, newestBoxAt }) => [
      id,
      state,
      ageDays === null ? '–' : String(ageDays),
      String(boxes),
      newestBoxAt ?? '–',
    ]),
  );
}

/** Removes a key from the ring. Refused while a stored box needs it, and for the current key. */
export async function retireKey(
  { env, output }: Invocation,
  id: string,
  { ring }: { readonly ring?: string },
): Promise<void> {
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
      'Set CREDENTIALS_PUBLIC_KEY of every client to the current key, then run `keys rewrap`.',
    );
  }
  const kept = keys.filter((key) => key.id !== id);
  await writeRing(file, ringFileOf(kept));
  const ids = kept.map((key) => key.id);
  await output.result({ file, retired: id, keys: ids }, () => `${id} is no longer in ${file}; ${ids.join(', ')} stay.`);
  output.note(
    'Keep a copy of the key for as long as you keep backups of the database that were made before `keys rewrap`.',
  );
}

function refused(message: string, remedy: string): ClientError {
  return new ClientError('not-available', message, remedy);
}
