import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { expect, test } from 'vitest';
import { startPostgres } from '../../dev/postgres.ts';

/** What lies in the memory of Postgres alone is lost when one of its processes is killed. */
test('an acknowledged commit survives when a process of Postgres is killed', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'bitmart-sync-test-'));
  // As the superuser, who alone may order a checkpoint.
  const { superuserUrl: url, stop } = await startPostgres({ directory, temporary: true });
  const writer = await connected(url);
  await writer.query('create table numbered (number bigint)');
  await writer.query('checkpoint');
  const { rows } = await writer.query<{ pid: number }>('select pg_backend_pid() as pid');
  for (let number = 1; number <= 50; number++) await writer.query('insert into numbered values ($1)', [number]);
  process.kill(rows[0]?.pid as number, 'SIGKILL');
  await expect.poll(() => countIn(url)).toBeGreaterThanOrEqual(0);
  expect(await countIn(url)).toBe(50);
  await stop();
});

test('a Postgres that ends before it is ready is an error that says what its log says', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'bitmart-sync-test-'));
  const started = startPostgres({ directory, settings: { shared_buffers: 'plenty' } });
  await expect(started).rejects.toThrow('invalid value for parameter "shared_buffers": "plenty"');
  rmSync(directory, { recursive: true });
});

/** -1 while Postgres recovers. */
async function countIn(url: string): Promise<number> {
  await sleep(100);
  const reader = await connected(url).catch(() => null);
  const found = await reader?.query<{ count: string }>('select count(*) from numbered').catch(() => null);
  await reader?.end().catch(() => undefined);
  return Number(found?.rows[0]?.count ?? -1);
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
