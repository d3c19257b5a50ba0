import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { documentOf, runCommandLine } from '../cli/run-command-line.ts';
import { notRefused } from '../support/not-refused.ts';
import { refusedBeyondReach, type System, startSystem, type WorkerProcess } from '../support/system.ts';

/** `npm run rewrap` does it with a hundred. */
const accounts = Number(process.env.REWRAP_ACCOUNTS ?? 2);

let system: System;
let worker: WorkerProcess;
beforeAll(async () => {
  system = await startSystem({ switches: refusedBeyondReach, workerEnv: { SYNC_INTERVAL: '1s', CHUNK_PAGES: '10' } });
  worker = await system.startWorker();
});
afterAll(() => system.close());

test('every stored key is sealed again and the old pair retired while all accounts sync; no sync fails', async () => {
  const { env, database } = system;
  const keys = async (...args: string[]) => {
    const ended = await runCommandLine(['keys', ...args, '--json'], { env });
    expect(ended.status, ended.stderr).toBe(0);
    return documentOf(ended);
  };
  await linkAll();
  const [old] = (await keys('list')).keys as { id: string }[];

  const startedMs = Date.now();
  const { id: young } = await keys('add');
  const rewrapped = await keys('rewrap', '--per-second', '20');
  expect(rewrapped).toEqual({ current: young, rewrapped: accounts, failed: [], remaining: 0 });
  await keys('retire', String(old?.id));
  const retiredMs = Date.now();
  // Each account opens its key anew for a sync that begins now, with the new pair alone.
  const begunSince = () => syncs().filter(({ time, tookMs }) => time - tookMs > retiredMs);
  while (new Set(begunSince().map(({ account }) => account)).size < accounts) await sleep(50);

  expect(ringsRead()[0]).toEqual([young, old?.id]);
  const before = ringsRead().length;
  worker.reload();
  while (ringsRead().length === before) await sleep(20);
  expect(ringsRead().at(-1)).toEqual([young]);
  expect(lines(startedMs).filter(({ level }) => level > 30)).toEqual([]);
  const { rows } = await database.query("select account_id from account where status not in ('backfilling', 'live')");
  expect(rows).toEqual([]);
  const during = syncs().filter(({ time, tookMs }) => time > startedMs && time - tookMs < retiredMs).length;
  expect(during).toBeGreaterThan(0);
  console.log(`${accounts} keys changed in ${retiredMs - startedMs} ms, beside ${during} syncs; none failed`);
}, 900_000);

async function linkAll(): Promise<void> {
  const { exchange } = system.sandbox;
  const waiting = Array.from({ length: accounts }, (_, number) => `account-${number}`);
  const linkSome = async () => {
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      const credentials = exchange.addAccount({ name });
      exchange.generate(name, { spotTrades: 20, futuresTrades: 5, days: 5 });
      const owner = system.client.forOwner(name);
      await notRefused(owner.link(credentials));
    }
  };
  await Promise.all(Array.from({ length: 6 }, linkSome));
}

/** The syncs that ended and left nothing out, by the worker's own lines. */
function syncs(): readonly LogLine[] {
  return lines(0).filter(({ msg }) => msg === 'synced');
}

/** The ids of each ring that the worker took into use. */
function ringsRead(): readonly (readonly string[] | undefined)[] {
  return lines(0)
    .filter(({ msg }) => msg === 'key ring read')
    .map(({ keys }) => keys);
}

interface LogLine {
  readonly time: number;
  readonly level: number;
  readonly msg: string;
  readonly account: string;
  readonly tookMs: number;
  readonly keys?: readonly string[];
}

function lines(fromMs: number): readonly LogLine[] {
  const all = worker
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'));
  return all.map((line) => JSON.parse(line) as LogLine).filter(({ time }) => time >= fromMs);
}
