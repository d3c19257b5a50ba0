/**
 * Records a history of each shape for the replay tests: `node test/replay/record.ts`. What is recorded already stays as it
 * is, for ever: a history that does not replay any more is a workflow that breaks in the field, never a reason to record anew.
 */
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { startStack } from '../../dev/stack.ts';
import { eventsWorkflowIdOf } from '../../src/workflows/messages.ts';
import type { System } from '../support/system.ts';
import { Receiver, secret } from '../webhook/receiver.ts';

const directory = mkdtempSync(join(tmpdir(), 'bitmart-sync-record-'));
const stack = await startStack({ directory, temporary: true, say: console.log });
process.env.TEST_DATABASE_URL = stack.env.DATABASE_URL;
process.env.TEMPORAL_ADDRESS = stack.env.TEMPORAL_ADDRESS;
const { startSystem } = await import('../support/system.ts');
const platform = new Receiver();
await platform.listen();
const webhook = { WEBHOOK_URL: platform.url, WEBHOOK_SECRET: secret, WEBHOOK_ADDRESSES: 'any' };
const system = await startSystem({ workerEnv: { CHUNK_PAGES: '3', ...webhook }, switches: { latencyMs: 15 } });
await system.startWorker();
try {
  await recordAll(system);
  await recordRange(system);
} finally {
  await system.close();
  await platform.close();
  await stack.stop();
}

async function recordAll({ sandbox, client }: System): Promise<void> {
  const linked = async (name: string, trades: number) => {
    const account = sandbox.exchange.addAccount({ name });
    sandbox.exchange.generate(name, {
      spotTrades: trades,
      futuresTrades: trades,
      withdrawals: 5,
      deposits: 5,
      days: 80,
    });
    const owner = client.forOwner(name);
    const { accountId } = await owner.link(account);
    return { account, owner, accountId };
  };

  const link = await linked('link', 30);
  await link.owner.waitForLive(link.accountId);
  await save('link', link.accountId);

  while ((platform.taken().get(link.accountId)?.length ?? 0) < 2) await sleep(200);
  await sleep(1_000);
  const { workflow } = await system.temporal();
  await saveHistory('events', workflow.getHandle(eventsWorkflowIdOf(link.accountId)));

  const refused = sandbox.exchange.addAccount({ name: 'refused' });
  const answer = await client.forOwner('refused').link({ ...refused, memo: 'wrong' });
  await sleep(1_000);
  await save('refused', answer.accountId);

  const backfill = await linked('backfill', 3_000);
  await backfill.owner.waitForLive(backfill.accountId, { timeoutMs: 120_000 });
  await save('backfill', backfill.accountId, 0);

  const paused = await linked('pause', 3_000);
  await sleep(700);
  await paused.owner.pause(paused.accountId);
  await sleep(1_500);
  await paused.owner.resume(paused.accountId);
  await paused.owner.waitForLive(paused.accountId, { timeoutMs: 120_000 });
  await save('pause', paused.accountId, 0);

  const long = await linked('continue-as-new', 10);
  await long.owner.waitForLive(long.accountId);
  for (let i = 0; i < 8; i++) await long.owner.sync(long.accountId);
  await save('continue-as-new', long.accountId, 0);
  await save('continued', long.accountId);

  const attention = await linked('needs-attention', 10);
  await attention.owner.waitForLive(attention.accountId);
  sandbox.exchange.changeKey(attention.account.apiKey, { status: 'frozen' });
  await attention.owner.sync(attention.accountId, { wait: false });
  await attention.owner.waitFor(attention.accountId, (status) => status.status === 'needs-attention');
  const rotated = await attention.owner.rotate(attention.accountId, sandbox.exchange.addKey('needs-attention'));
  if (rotated.outcome !== 'accepted') throw new Error('The new key was not accepted.');
  await attention.owner.waitForLive(attention.accountId);
  await save('needs-attention', attention.accountId);

  const ended = await linked('unlink', 3_000);
  await sleep(700);
  await ended.owner.unlink(ended.accountId, { erase: true });
  await sleep(1_000);
  await save('unlink', ended.accountId);
}

/** A range that somebody asks for while the backfill is under way. */
async function recordRange({ sandbox, client }: System): Promise<void> {
  const account = sandbox.exchange.addAccount({ name: 'range' });
  sandbox.exchange.generate('range', { spotTrades: 2_000, days: 80 });
  const owner = client.forOwner('range');
  const { accountId } = await owner.link(account);
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);
  await owner.syncRange(accountId, { stream: 'spot-trades', from: daysAgo(30), to: daysAgo(20) });
  await owner.waitForLive(accountId, { timeoutMs: 120_000 });
  await save('range', accountId, 0);
}

/** `run`: which run of the account's chain, the first being 0; the last one unless told. */
async function save(name: string, accountId: string, run?: number): Promise<void> {
  const temporal = await system.temporal();
  const last = await system.workflow(accountId);
  await saveHistory(name, run === 0 ? temporal.workflow.getHandle(last.workflowId, await firstRunId(last)) : last);
}

async function saveHistory(name: string, handle: Awaited<ReturnType<System['workflow']>>): Promise<void> {
  const file = new URL(`histories/${name}.json`, import.meta.url);
  if (existsSync(file)) return console.log(`${name}: is there already`);
  const history = JSON.parse(historyToJSON(await handle.fetchHistory())) as { events?: unknown[] };
  writeFileSync(file, `${JSON.stringify(history, withoutPlace, 1)}\n`);
  console.log(`${name}: ${history.events?.length} events`);
}

async function firstRunId(handle: Awaited<ReturnType<System['workflow']>>): Promise<string> {
  const [started] = (await handle.fetchHistory()).events ?? [];
  return started?.workflowExecutionStartedEventAttributes?.firstExecutionRunId ?? '';
}

/** Where it was recorded is nobody's business, and plays no part in a replay. */
function withoutPlace(name: string, value: unknown): unknown {
  if (name === 'identity') return 'recorded';
  if (name === 'stackTrace') return '';
  return value;
}
