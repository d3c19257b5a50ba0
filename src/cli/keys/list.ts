import { countBoxes } from '../../database/index.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Invocation } from '../invocation.ts';
import { table } from '../table.ts';
import { withKeyDatabase } from './key-database.ts';
import { ringOf } from './ring-file.ts';

interface ListedKey {
  readonly id: string;
  /** `current`: sealed for from now on; `missing`: boxes need it, and the ring does not have it. */
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
