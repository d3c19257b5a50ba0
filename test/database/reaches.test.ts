import { afterAll, beforeAll, expect, test } from 'vitest';
import { streams } from '../../src/bitmart/index.ts';
import { type Database, loadReaches, saveReach, withReaches } from '../../src/database/index.ts';
import type { Exchange } from '../../src/history/ports.ts';
import type { Stream } from '../../src/history/stream.ts';
import type { Log } from '../../src/worker/log.ts';
import { withMeasuredReach } from '../../src/worker/measured-reach.ts';
import { migratedDatabase } from './support.ts';

let database: Database;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

const dayMs = 86_400_000;
const shown = (days: number) => ({ reachMs: days * dayMs, witnesses: 9, oldestMissingMs: 0, newestMissingMs: 1 });
const [spotTrades] = streams as readonly [Stream, ...Stream[]];

test('the shortest reach that was measured is used by every worker, and never one longer than documented', async () => {
  expect(await loadReaches(database, 'bitmart')).toEqual(new Map());
  await saveReach(database, 'bitmart', 'spot-trades', shown(60));
  await saveReach(database, 'bitmart', 'spot-trades', shown(70));
  await saveReach(database, 'bitmart', 'deposits', shown(500));
  await saveReach(database, 'another', 'futures-trades', shown(10));
  const reaches = await loadReaches(database, 'bitmart');
  const used = new Map(withReaches(streams, reaches).map((stream) => [stream.name, stream.reachMs / dayMs]));
  expect(used.get('spot-trades')).toBe(60);
  expect(used.get('deposits')).toBe(89);
  expect(used.get('futures-trades')).toBe(89);
});

test('a worker that learns a shorter reach writes it down, says so as an error, and uses it at once', async () => {
  const errors: unknown[] = [];
  const log = {
    error: (fields: unknown, words: string) => errors.push([fields, words]),
    warn: () => {},
  } as unknown as Log;
  const declared = { name: 'third', streams } as unknown as Exchange;
  const reach = await withMeasuredReach(declared, { database, log, troubles: { warn: () => {} } });
  try {
    expect(reach.exchange.streams[0]).toBe(spotTrades);
    await reach.report(spotTrades, shown(45));
    expect(reach.exchange.streams[0]).toMatchObject({ name: 'spot-trades', reachMs: 45 * dayMs });
    expect(errors).toEqual([
      [
        { stream: 'spot-trades', reachDays: '45.0', thoughtDays: '89.0', witnesses: 9 },
        expect.stringContaining('less far back than thought'),
      ],
    ]);
  } finally {
    reach.stop();
  }
});
