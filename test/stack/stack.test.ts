import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { survivorsOf } from './processes.ts';
import { StackProcess } from './stack-process.ts';

type Env = Readonly<Record<string, string>>;

const folder = mkdtempSync(join(tmpdir(), 'bitmart-sync-test-'));
const started: StackProcess[] = [];

afterAll(async () => {
  await Promise.all(started.map((stack) => stack.stop()));
  for (const { directory } of started) removePlacedData(directory);
  rmSync(folder, { recursive: true, force: true });
});

describe('npm run stack', () => {
  it('two at once do not disturb each other, and SIGTERM ends one with everything that it started', async () => {
    const [first, second] = [start('first'), start('second')];
    const [firstEnv, secondEnv] = await Promise.all([first.env(), second.env()]);

    expect(Object.keys(firstEnv)).toEqual([
      'DATABASE_URL',
      'TEMPORAL_ADDRESS',
      'TEMPORAL_NAMESPACE',
      'TEMPORAL_UI',
      'CREDENTIALS_PUBLIC_KEY',
      'CREDENTIALS_KEY_FILE',
    ]);
    expect(statSync(join(first.directory, 'env')).mode & 0o077, 'it holds a password').toBe(0);
    expect(existsSync(firstEnv.CREDENTIALS_KEY_FILE as string)).toBe(true);
    for (const name of ['DATABASE_URL', 'TEMPORAL_ADDRESS', 'TEMPORAL_UI', 'CREDENTIALS_PUBLIC_KEY']) {
      expect(firstEnv[name], name).not.toBe(secondEnv[name]);
    }
    await expectReady(firstEnv);
    await expectReady(secondEnv);

    const family = await first.family();
    expect(family.length, 'the stack, two supervisors, Postgres with its own, Temporal').toBeGreaterThan(5);
    first.signal('SIGTERM');
    await first.ended;
    expect(await survivorsOf(family, 15_000)).toEqual([]);
    expect(existsSync(join(first.directory, 'env')), 'no stale file `env` is left').toBe(false);
    await expectReady(secondEnv);
  });

  it('SIGKILL leaves nothing running, and the next one starts in the same place with the same data', async () => {
    const killed = start('killed');
    const env = await killed.env();
    await query(env, 'create table bitmart_sync.kept (id int)');
    const family = await killed.family();
    process.kill(killed.processId, 'SIGKILL');
    await killed.ended;
    expect(await survivorsOf(family, 15_000)).toEqual([]);

    rmSync(join(killed.directory, 'env'));
    const next = start('killed');
    const nextEnv = await next.env();
    expect(await query(nextEnv, 'select count(*)::int as rows from kept')).toEqual([{ rows: 0 }]);
    expect(nextEnv.CREDENTIALS_PUBLIC_KEY, 'what was sealed before can still be opened').toBe(
      env.CREDENTIALS_PUBLIC_KEY,
    );
  });

  it('SIGKILL of npm ends the stack as well', async () => {
    const stack = start('killed-npm');
    await stack.env();
    const family = await stack.family();
    stack.signal('SIGKILL');
    expect(await survivorsOf(family, 15_000)).toEqual([]);
  });

  it('a second one in the same place says so and leaves the first alone', async () => {
    const first = start('shared');
    const env = await first.env();
    const second = start('shared');
    expect(await second.ended).toEqual([1, null]);
    expect(second.output).toContain(`runs already in ${first.directory} (process ${first.processId})`);
    await expectReady(env);
  });
});

function start(name: string): StackProcess {
  const stack = new StackProcess(join(folder, name));
  started.push(stack);
  return stack;
}

async function expectReady(env: Env): Promise<void> {
  expect(await query(env, "select current_setting('search_path') as path")).toEqual([{ path: 'bitmart_sync, public' }]);
  const connection = await Connection.connect({ address: env.TEMPORAL_ADDRESS as string, connectTimeout: '60s' });
  const namespace = env.TEMPORAL_NAMESPACE as string;
  const { namespaceInfo } = await connection.workflowService.describeNamespace({ namespace });
  expect(namespaceInfo?.name).toBe(namespace);
  await connection.close();
  expect((await fetch(env.TEMPORAL_UI as string)).status).toBe(200);
}

async function query(env: Env, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: env.DATABASE_URL as string });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

/** As root Postgres keeps its data outside of a folder that is closed to others; the stack itself never deletes it. */
function removePlacedData(directory: string): void {
  const pointer = join(directory, 'database', 'postgres-folder');
  if (existsSync(pointer)) rmSync(join(readFileSync(pointer, 'utf8').trim(), '..'), { recursive: true, force: true });
}
