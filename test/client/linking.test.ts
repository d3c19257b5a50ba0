import { Connection, Client as TemporalClient } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { workflowIdOf } from '../../src/workflows/messages.ts';
import { documentOf, runCommandLine } from '../cli/run-command-line.ts';
import { notRefused } from '../support/not-refused.ts';
import { credentials, freshPlatform, type Platform } from './surroundings.ts';

Runtime.install({ logger: new DefaultLogger('ERROR') });

describe('with a worker', () => {
  let platform: Platform;
  let worker: Worker;
  let running: Promise<void>;
  let connection: NativeConnection;
  beforeAll(async () => {
    platform = await freshPlatform();
    connection = await NativeConnection.connect({ address: platform.env.TEMPORAL_ADDRESS as string });
    worker = await Worker.create({
      connection,
      namespace: platform.env.TEMPORAL_NAMESPACE as string,
      taskQueue: platform.taskQueue,
      workflowsPath: new URL('fake-account-workflow.ts', import.meta.url).pathname,
    });
    running = worker.run();
  });
  afterAll(async () => {
    worker.shutdown();
    await running;
    await connection.close();
    await platform.close();
  });

  const run = (args: readonly string[], secret?: unknown) =>
    runCommandLine([...args, '--owner', 'anna', '--json'], {
      env: platform.env,
      stdin: JSON.stringify(secret ?? null),
    });

  test('an accepted key is linked with exit 0, and nothing of it is in the workflow’s history', async () => {
    const secret = credentials();
    const ended = await run(['link', '--label', 'Main'], secret);
    expect(ended.status).toBe(0);
    const answer = documentOf(ended);
    expect(answer).toMatchObject({ status: 'backfilling', alreadyLinked: false, readOnly: true, problems: [] });
    const history = await historyOf(answer.accountId as string, platform);
    expect(history).toContain('Main');
    for (const text of [secret.apiSecret, secret.memo, secret.apiKey]) {
      expect(history).not.toContain(text);
      expect(history).not.toContain(Buffer.from(text).toString('base64').slice(0, 12));
    }
  });

  test('a refused key ends with exit 3, its problem and the remedy', async () => {
    const ended = await run(['check'], credentials());
    expect(ended.status).toBe(3);
    expect(documentOf(ended)).toMatchObject({
      problems: [{ code: 'wrong-secret-or-memo', message: expect.any(String), remedy: expect.any(String) }],
    });
  });

  test('an account is paused, resumed, its key replaced, and unlinked', async () => {
    const { accountId } = documentOf(await run(['link'], credentials())) as { accountId: string };
    expect(await run(['pause', accountId])).toMatchObject({ status: 0 });
    expect(await run(['resume', accountId])).toMatchObject({ status: 0 });
    const rotated = await run(['rotate', accountId], credentials());
    expect(rotated.status).toBe(0);
    expect(documentOf(rotated)).toMatchObject({ accountId, alreadyLinked: true });
    const unlinked = await run(['unlink', accountId]);
    expect(unlinked.status).toBe(0);
    expect(documentOf(unlinked)).toEqual({ accountId, status: 'unlinked', erased: false });
  });

  test('waiting for a sync by a worker of an older release is refused; a request without waiting works', async () => {
    const { accountId } = documentOf(await run(['link'], credentials())) as { accountId: string };
    const refused = await run(['sync', accountId]);
    expect(refused.status).toBe(1);
    expect(documentOf(refused)).toMatchObject({ error: { code: 'not-available' } });
    expect(await run(['sync', accountId, '--no-wait'])).toMatchObject({ status: 0 });
  });

  test('link --no-wait returns without an answer of the exchange', async () => {
    const ended = await run(['link', '--no-wait'], credentials());
    expect(ended.status).toBe(0);
    expect(documentOf(ended)).toMatchObject({ status: 'checking', problems: [] });
  });

  test('doctor sees the worker', async () => {
    const { checks } = documentOf(await run(['doctor'])) as { checks: unknown[] };
    for (const name of ['temporal', 'namespace', 'worker']) {
      expect(checks).toContainEqual({ name, ok: true, message: expect.any(String) });
    }
  });
});

describe('without a worker', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await freshPlatform();
  });
  afterAll(() => platform.close());

  test('link answers checking within 30 seconds, exit 1, and names the worker', async () => {
    const ended = await runCommandLine(['link', '--owner', 'anna', '--json'], {
      env: platform.env,
      stdin: JSON.stringify(credentials()),
    });
    expect(ended.status).toBe(1);
    expect(ended.tookMs).toBeLessThan(30_000);
    expect(documentOf(ended)).toMatchObject({
      status: 'checking',
      problems: [{ code: 'no-worker', operator: { message: expect.stringContaining(platform.taskQueue) } }],
    });
  });

  test('pause fails soon, names the worker and sends nothing', async () => {
    const owner = platform.client.forOwner('ben');
    const { accountId } = await notRefused(owner.link(credentials(), { wait: false }));
    await expect(owner.pause(accountId)).rejects.toMatchObject({ code: 'no-worker' });
    expect(await historyOf(accountId, platform)).not.toContain('pause');
  });
});

async function historyOf(accountId: string, platform: Platform): Promise<string> {
  const connection = await Connection.connect({
    address: platform.env.TEMPORAL_ADDRESS as string,
    connectTimeout: '60s',
  });
  try {
    const client = new TemporalClient({ connection, namespace: platform.env.TEMPORAL_NAMESPACE as string });
    const history = await client.workflow.getHandle(workflowIdOf(accountId)).fetchHistory();
    return readable(history);
  } finally {
    await connection.close();
  }
}

/** Everything in a history as text: payloads decoded as well as in base64. */
function readable(value: unknown): string {
  if (value instanceof Uint8Array)
    return `${Buffer.from(value).toString('utf8')} ${Buffer.from(value).toString('base64')}`;
  if (typeof value === 'object' && value !== null) return Object.values(value).map(readable).join('\n');
  return String(value);
}
