import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../dev/free-port.ts';
import { type RunningPostgres, startPostgres } from '../../dev/postgres.ts';
import { databaseConditions } from '../../src/database/index.ts';
import { documentOf, runCommandLine } from '../cli/run-command-line.ts';
import { scrapeUntil, total } from '../observability/scrape.ts';
import { compareWithTruth } from '../support/comparison.ts';
import { notRefused } from '../support/not-refused.ts';
import { type System, startSystem, type WorkerProcess } from '../support/system.ts';

/** Postgres runs out of something in the middle of a backfill: work waits, nothing is lost, and it is said what it was. */
let postgres: RunningPostgres;
let system: System;
let worker: WorkerProcess;
let metrics: string;
let health: string;

const connections = 20;
const workersConnections = 2;

beforeAll(async () => {
  postgres = await startPostgres({
    directory: mkdtempSync(join(tmpdir(), 'bitmart-sync-test-')),
    temporary: true,
    // Nothing of ours is a superuser, for whom some would be kept.
    settings: { max_connections: String(connections), superuser_reserved_connections: '0' },
    logFileMegabytes: 1,
  });
  metrics = `127.0.0.1:${await freePort()}`;
  health = `127.0.0.1:${await freePort()}`;
  system = await startSystem({
    postgres,
    workerEnv: {
      METRICS_ADDRESS: metrics,
      HEALTH_ADDRESS: health,
      DATABASE_CONNECTIONS: String(workersConnections),
    },
  });
  worker = await system.startWorker();
});
afterAll(async () => {
  await system.close();
  await postgres.stop();
});

async function beginBackfill(name: string) {
  const spotTrades = 5_000;
  const account = system.sandbox.exchange.addAccount({ name });
  system.sandbox.exchange.generate(name, { spotTrades, futuresTrades: 300, withdrawals: 10, deposits: 10, days: 85 });
  // Slow enough for its middle to be met, also on a busy machine.
  system.sandbox.exchange.setSwitches({ latencyMs: 400 });
  const owner = system.client.forOwner(name);
  return { name, owner, accountId: (await notRefused(owner.link(account))).accountId, everyRecord: spotTrades + 320 };
}

async function expectHealed(account: Awaited<ReturnType<typeof beginBackfill>>): Promise<void> {
  const { name, owner, accountId, everyRecord } = account;
  system.sandbox.exchange.setSwitches({ latencyMs: 0 });
  await owner.waitForLive(accountId);
  const difference = await compareWithTruth(system.sandbox, system.database, { exchangeAccount: name, accountId });
  expect(difference).toEqual({ lost: {}, surplus: {}, stored: everyRecord });
  const { status, problems, streams } = await owner.status(accountId);
  expect({ status, problems }).toEqual({ status: 'live', problems: [] });
  expect(streams.every(({ complete, unreadable }) => complete || unreadable)).toBe(true);
  // It was met and waited out, and no activity failure was counted.
  expect(worker.output()).not.toContain('Activity failed');
  await expect.poll(readiness).toMatchObject({ status: 200 });
}

const counter = 'bitmart_sync_database_troubles_total';
const met = (condition: string) => scrapeUntil(metrics, (now) => (total(now, counter, { condition }) ?? 0) > 0);

async function readiness() {
  const answer = await fetch(`http://${health}/readyz`);
  return { status: answer.status, text: await answer.text() };
}

async function diagnosis(): Promise<unknown> {
  return documentOf(await runCommandLine(['doctor', '--json'], { env: system.env })).checks;
}

/** The log's lines that name a condition. */
function logged(condition: string): readonly Record<string, unknown>[] {
  return worker
    .output()
    .split('\n')
    .filter((line) => line.includes(`"condition":"${condition}"`))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const hasLimits = spawnSync('prlimit', ['--version']).status === 0;

/** A file of this server may not grow beyond so many bytes: like a disk, it takes a part of a block and no more. */
async function limitFiles(bytes: number | 'unlimited'): Promise<void> {
  const superuser = new pg.Client({ connectionString: postgres.superuserUrl });
  await superuser.connect();
  const { rows } = await superuser.query<{ pid: number }>(`
    select split_part(pg_read_file('postmaster.pid'), e'\\n', 1)::int as pid
    union select pid from pg_stat_activity where pid is not null and pid <> pg_backend_pid()`);
  await superuser.end();
  for (const { pid } of rows) {
    // Only a process's own user may limit it: as root we may lack the right to limit another user's process.
    const { uid, gid } = statSync(`/proc/${pid}`);
    execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`], process.getuid?.() === 0 ? { uid, gid } : {});
  }
}

describe.runIf(hasLimits)('with prlimit, which makes files unable to grow', () => {
  test('work waits for a full disk, and nothing is lost', async () => {
    await limitFiles(1_048_576 + 4_096);
    const account = await beginBackfill('full disk');
    await met('disk-full');
    expect(await readiness()).toEqual({
      status: 503,
      text: expect.stringMatching(/^worker: ready\ndatabase and schema: .*no space left.*\. Free space.*\n/),
    });
    expect(await account.owner.status(account.accountId)).toMatchObject({ status: 'backfilling', problems: [] });
    expect(await diagnosis()).toContainEqual({
      name: 'space',
      ok: false,
      message: expect.stringContaining('no space left'),
      remedy: expect.stringContaining('Free space'),
    });
    await limitFiles('unlimited');
    await expectHealed(account);
    const [first] = logged('disk-full');
    expect(first).toMatchObject({
      level: 40,
      // A limit on files is an internal error to Postgres where a disk would be 53100, unless a part of the block fits.
      code: expect.stringMatching(/^(53100|XX000)$/),
      reason: expect.stringContaining('could not extend file'),
      msg: 'Postgres has no space left on its disk: work waits, nothing is lost',
      next: 'docs/runbook.md#bitmartsyncdatabaserefuses',
    });
    await expect
      .poll(() => logged('disk-full').at(-1))
      .toMatchObject({ level: 30, msg: 'Postgres stores everything again' });
  });
});

/** Takes every connection that becomes free, until they are given back. */
function takeConnections(): { readonly taken: readonly pg.Client[]; giveBack(): Promise<void> } {
  const taken: pg.Client[] = [];
  let stopped = false;
  const take = async () => {
    while (!stopped) {
      const client = new pg.Client({
        connectionString: system.env.DATABASE_URL as string,
        application_name: 'another client',
      });
      client.on('error', () => undefined);
      const isTaken = await client.connect().then(
        () => taken.push(client) > 0,
        () => false,
      );
      if (!isTaken) await sleep(10);
    }
  };
  const taking = Promise.all(Array.from({ length: 4 }, take));
  return {
    taken,
    async giveBack() {
      stopped = true;
      await taking;
      await Promise.all(taken.map((client) => client.end()));
    },
  };
}

const endOthers = `
  select pg_terminate_backend(pid) from pg_stat_activity
  where backend_type = 'client backend' and application_name <> 'another client' and pid <> pg_backend_pid()`;

test('work waits while other clients hold every connection that Postgres allows', async () => {
  const account = await beginBackfill('connections taken');
  // This one is ours, so that we can look.
  const own = await system.database.connect();
  const { taken, giveBack } = takeConnections();
  try {
    await expect
      .poll(async () => {
        await own.query(endOthers);
        return taken.length;
      })
      .toBe(connections - 1);
    await met('connections-taken');
    expect(await readiness()).toEqual({
      status: 503,
      text: expect.stringMatching(/database and schema: .*too many clients already.*max_connections/),
    });
    expect(await diagnosis()).toContainEqual({
      name: 'database',
      ok: false,
      message: expect.stringContaining('Every connection that Postgres allows is taken'),
      remedy: expect.stringContaining('max_connections'),
    });
  } finally {
    await giveBack();
    own.release();
  }
  await expectHealed(account);
  expect(logged('connections-taken')[0]).toMatchObject({
    level: 40,
    code: '53300',
    msg: 'Every connection that Postgres allows is taken: work waits, nothing is lost',
  });
});

test('work waits while every connection of the worker waits for a lock', async () => {
  const account = await beginBackfill('pool exhausted');
  const holder = await system.database.connect();
  try {
    await holder.query('begin');
    await holder.query('lock table coverage in share mode');
    await met('pool-exhausted');
    expect(await readiness()).toEqual({
      status: 503,
      text: expect.stringMatching(/database and schema: .*may have \(2\) is in use.*pg_stat_activity/),
    });
  } finally {
    await holder.query('rollback');
    holder.release();
  }
  await expectHealed(account);
  expect(logged('pool-exhausted')[0]).toMatchObject({
    level: 40,
    msg: expect.stringContaining('work waits, nothing is lost'),
    next: 'docs/runbook.md#bitmartsyncpoolexhausted',
  });
  // However often it is met, it is logged at most once a minute.
  for (const condition of databaseConditions) {
    const warnedMs = logged(condition).flatMap(({ level, time }) => (level === 40 ? [Number(time)] : []));
    for (const [place, atMs] of warnedMs.slice(1).entries())
      expect(atMs - (warnedMs[place] as number)).toBeGreaterThan(59_900);
  }
});
