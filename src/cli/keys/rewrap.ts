import { setTimeout as sleep } from 'node:timers/promises';
import { BoxDoesNotOpen, createOpener, type Opener } from '../../credentials/open.ts';
import { seal } from '../../credentials/seal.ts';
import { boxesNotSealedFor, countBoxes, type Database, replaceBox, type StoredBox } from '../../database/index.ts';
import { type ExitStatus, exitStatus, type Invocation } from '../command.ts';
import { ringOf, withKeyDatabase } from './ring.ts';

/** Rows read at a time; they are sealed one by one. */
const batchSize = 100;

interface Rewrapped {
  readonly current: string;
  readonly rewrapped: number;
  readonly failed: readonly { readonly accountId: string; readonly keyId: string; readonly message: string }[];
  /** Boxes that are still sealed for another key, including those that failed. */
  readonly remaining: number;
}

/**
 * Seals every stored key again for the ring's current key. Each box is replaced on its own, and only if it has not changed
 * since it was read, so accounts can be read, rotated and merged meanwhile. If it is interrupted, a new run continues where it
 * stopped.
 */
export async function rewrapKeys(
  { env, output }: Invocation,
  { perSecond }: { readonly perSecond: number },
): Promise<ExitStatus> {
  const { source, keys } = await ringOf(env);
  const opener = await createOpener(source);
  const current = keys[0].id;
  const progress = output.progress('Sealing again', 'keys');
  const result = await withKeyDatabase(env, (database) =>
    rewrap(database, opener, { current, perSecond, onProgress: (reached) => progress.report(reached) }),
  ).finally(() => progress.end());
  await output.result(result, () => textOf(result));
  return result.remaining === 0 ? exitStatus.done : exitStatus.failed;
}

interface RewrapOptions {
  readonly current: string;
  readonly perSecond: number;
  readonly onProgress: (reached: { readonly done: number; readonly total: number }) => void;
}

async function rewrap(database: Database, opener: Opener, options: RewrapOptions): Promise<Rewrapped> {
  const { current, perSecond, onProgress } = options;
  const total = await remainingBoxes(database, current);
  const failed: { accountId: string; keyId: string; message: string }[] = [];
  let [seen, rewrapped] = [0, 0];
  for (let after: StoredBox | null = null; ; ) {
    const boxes: readonly StoredBox[] = await boxesNotSealedFor(database, current, after, batchSize);
    for (const box of boxes) {
      const startedMs = performance.now();
      const resealed = await sealedAgain(opener, box).catch((error: unknown) => {
        if (!(error instanceof BoxDoesNotOpen)) throw error;
        failed.push({ accountId: box.accountId, keyId: box.keyId, message: error.message });
        return null;
      });
      if (resealed !== null && (await replaceBox(database, box, resealed))) rewrapped += 1;
      seen += 1;
      onProgress({ done: seen, total: Math.max(total, seen) });
      await sleep(Math.max(0, startedMs + 1_000 / perSecond - performance.now()));
    }
    after = boxes.at(-1) ?? null;
    if (after === null) break;
  }
  return { current, rewrapped, failed, remaining: await remainingBoxes(database, current) };
}

async function sealedAgain(opener: Opener, box: StoredBox): Promise<string> {
  const { ownerId, accountId, keyId } = box;
  const credentials = await opener.open(box);
  return seal({ publicKey: opener.publicKey(), ownerId, accountId, keyId, credentials });
}

async function remainingBoxes(database: Database, current: string): Promise<number> {
  const counts = await countBoxes(database);
  return counts.reduce((sum, { ringKeyId, boxes }) => sum + (ringKeyId === current ? 0 : boxes), 0);
}

function textOf({ current, rewrapped, failed, remaining }: Rewrapped): string {
  const failures = failed.slice(0, 10).map(({ accountId, message }) => `  ${accountId}: ${message}`);
  const rest =
    remaining === 0
      ? 'Every stored key is sealed for it.'
      : `${remaining} still need another key. Once every client has the new CREDENTIALS_PUBLIC_KEY, run it again.`;
  return [`${rewrapped} keys sealed again for ${current}. ${rest}`, ...failures].join('\n');
}
