import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient, createPayloadCodec, readPayloadKeys } from '../../src/client/index.ts';
import { notRefused } from '../support/not-refused.ts';
import { refusedBeyondReach, type System, startSystem } from '../support/system.ts';

const folder = mkdtempSync(join(tmpdir(), 'bitmart-sync-payload-'));
const file = join(folder, 'payload-keys');
let system: System;
beforeAll(async () => {
  writeFileSync(file, `first ${randomBytes(32).toString('base64')}\n`);
  system = await startSystem({ switches: refusedBeyondReach, workerEnv: { PAYLOAD_KEY_FILE: file } });
  await system.startWorker();
});
afterAll(async () => {
  await system.close();
  rmSync(folder, { recursive: true });
});

test('with a payload key Temporal stores nothing readable of inputs and results, and everything works', async () => {
  const { DATABASE_URL = '', CREDENTIALS_PUBLIC_KEY = '', TASK_QUEUE = '', TEMPORAL_ADDRESS = '' } = system.env;
  const client = createClient({
    databaseUrl: DATABASE_URL,
    publicKey: CREDENTIALS_PUBLIC_KEY,
    taskQueue: TASK_QUEUE,
    temporal: { address: TEMPORAL_ADDRESS, payloadCodec: createPayloadCodec(readPayloadKeys(file)) },
  });
  const account = system.sandbox.exchange.addAccount({ name: 'sealed' });
  const owner = client.forOwner('sealed');
  const { accountId, outcome } = await notRefused(owner.link(account));
  expect(outcome).toBe('accepted');
  await owner.waitForLive(accountId);
  await owner.sync(accountId);
  const { events } = await (await system.workflow(accountId)).fetchHistory();
  const payloads: string[] = [];
  const collect = (value: unknown): void => {
    if (value instanceof Uint8Array) payloads.push(Buffer.from(value).toString());
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(collect);
  };
  for (const event of events ?? []) {
    collect(event.activityTaskScheduledEventAttributes?.input);
    collect(event.activityTaskCompletedEventAttributes?.result);
    collect(event.workflowExecutionStartedEventAttributes?.input);
    collect(event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input?.args);
  }
  expect(payloads.filter((text) => text === 'binary/encrypted').length).toBeGreaterThan(5);
  expect(payloads.join()).not.toMatch(/accountId|spot-trades|keyId/);
  await client.close();
});
