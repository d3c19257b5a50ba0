import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { createClient } from '../../../src/client/index.ts';
import { connectDatabase, unlinkAccount } from '../../../src/database/index.ts';
import { accountStart } from '../../../src/workflows/account-start.ts';
import type { AccountState } from '../../../src/workflows/account-state.ts';
import { linkUpdate, viewQuery } from '../../../src/workflows/messages.ts';
import { historyAtRiskAt, statusSince, syncStatus } from '../../../src/workflows/search-attribute-keys.ts';
import { notRefused } from '../../support/not-refused.ts';
import type { System } from '../../support/system.ts';
import { firstRun, hasEnded, linkNew, type Scene, type Stage, someRecords, steadily, until } from '../scene.ts';

/** What the release before has begun, alone or until this one took over; and where only time tells the two apart. */
export const scenesOfReleases: readonly Scene[] = [
  { histories: ['previous-lanes'], options: steadily, play: groupsOfPrevious },
  { histories: ['taken-over'], options: steadily, play: takeOver },
  { histories: ['previous-long-pause'], play: (stage) => longPause(stage, 'previous') },
  { histories: ['long-pause'], play: (stage) => longPause(stage, 'today') },
  { histories: ['previous-key-missing'], play: (stage) => keyMissing(stage, 'previous') },
  { histories: ['key-missing'], play: (stage) => keyMissing(stage, 'today') },
  { histories: ['previous-attributes'], play: (stage) => attributesMove(stage, 'previous') },
  { histories: ['attributes'], play: (stage) => attributesMove(stage, 'today') },
  { histories: ['previous-sync-again'], play: (stage) => syncAgain(stage, 'previous') },
  { histories: ['sync-again'], play: (stage) => syncAgain(stage, 'today') },
  // Of a release whose commands take turns, and which went by what a run remembered of a pause.
  { histories: ['previous-linked-again'], play: (stage) => linkAgain(stage, 'previous-linked-again') },
  { histories: ['linked-again'], play: (stage) => linkAgain(stage, 'linked-again') },
  { histories: ['previous-check-again'], play: (stage) => checkAgain(stage, 'previous') },
  { histories: ['check-again'], play: (stage) => checkAgain(stage, 'today') },
  { histories: ['previous-beside'], play: (stage) => besideAnother(stage, 'previous') },
  { histories: ['beside'], play: (stage) => besideAnother(stage, 'today') },
];

/** The first group ends last: then everything is complete, which the last group in the list can't know. */
async function groupsOfPrevious(stage: Stage): Promise<void> {
  const { system, save } = stage;
  system.sandbox.exchange.inject({ fault: 'hang', times: 1, afterRequests: 2, endpoint: '/spot/v4/query/trades' });
  await startPreviousWorker(stage);
  const { owner, accountId } = await linkWithPrevious(stage, someRecords(30));
  await owner.waitForLive(accountId);
  await owner.sync(accountId);
  await save('previous-lanes', await firstRun(system, accountId));
}

/** The release is changed in the middle of a backfill. */
async function takeOver(stage: Stage): Promise<void> {
  const { system, save } = stage;
  const previous = await startPreviousWorker(stage);
  const { owner, accountId } = await linkWithPrevious(stage, someRecords(30));
  await sleep(700);
  await previous.stop();
  await system.startWorker();
  await owner.waitForLive(accountId);
  await owner.sync(accountId);
  await save('taken-over', await firstRun(system, accountId));
}

/** A pause that is so long that what has expired must be found: the run begins as one that was carried over. */
async function longPause(stage: Stage, release: 'previous' | 'today'): Promise<void> {
  const { system, save } = stage;
  if (release === 'previous') await startPreviousWorker(stage);
  else await system.startWorker();
  const { owner, accountId } = await linkNew(system, 'long-pause', { spotTrades: 5 });
  await owner.waitForLive(accountId);
  await owner.pause(accountId);
  const carried: Partial<AccountState> = {
    v: 1,
    status: 'paused',
    linked: true,
    paused: true,
    expiryDueMs: Date.now() - 1,
  };
  const { typedSearchAttributes, ...start } = accountStart({ accountId, ownerId: 'long-pause', label: null });
  const { workflow } = await system.temporal();
  await workflow.start('linkedAccount', {
    ...start,
    args: [{ accountId, state: carried }],
    typedSearchAttributes: typedSearchAttributes.filter(({ key }) => release === 'today' || key !== statusSince),
    taskQueue: system.env.TASK_QUEUE as string,
    workflowIdConflictPolicy: 'TERMINATE_EXISTING',
  });
  const handle = await system.workflow(accountId);
  await until(
    async () => (await handle.fetchHistory()).events?.some((event) => event.timerStartedEventAttributes) ?? false,
  );
  await save(release === 'previous' ? 'previous-long-pause' : 'long-pause', accountId);
}

/** What is at risk has moved on by eight hours since it was shown. */
async function attributesMove(stage: Stage, release: 'previous' | 'today'): Promise<void> {
  const { system, save } = stage;
  if (release === 'previous') await startPreviousWorker(stage);
  else await system.startWorker();
  const { owner, accountId } = await linkNew(system, 'attributes', { spotTrades: 5 });
  await owner.waitForLive(accountId);
  const { historyAtRiskAt: atRiskAt } = await owner.status(accountId);
  const shown = new Date(Date.parse(atRiskAt as string) - 8 * 3_600_000);
  const carried: Partial<AccountState> = {
    v: 1,
    status: 'live',
    linked: true,
    paused: false,
    backfilled: true,
    keyDueMs: null,
    lanes: [['spot-trades']],
    historyAtRiskAt: shown.toISOString(),
  };
  const { typedSearchAttributes, ...start } = accountStart({ accountId, ownerId: 'attributes', label: null });
  const { workflow } = await system.temporal();
  await workflow.start('linkedAccount', {
    ...start,
    args: [{ accountId, state: carried }],
    typedSearchAttributes: [
      ...typedSearchAttributes.filter(({ key }) => key !== syncStatus),
      { key: syncStatus, value: 'live' },
      { key: historyAtRiskAt, value: shown },
    ],
    taskQueue: system.env.TASK_QUEUE as string,
    workflowIdConflictPolicy: 'TERMINATE_EXISTING',
  });
  const handle = await system.workflow(accountId);
  await until(async () => (await handle.query(viewQuery)).cycles > 0);
  await sleep(1_000);
  await save(release === 'previous' ? 'previous-attributes' : 'attributes', accountId);
}

/** The key of a link is gone: another one is in use by then. */
async function keyMissing(stage: Stage, release: 'previous' | 'today'): Promise<void> {
  const { system, save } = stage;
  if (release === 'previous') await startPreviousWorker(stage);
  else await system.startWorker();
  const { owner, accountId } = await linkNew(system, 'key-missing', { spotTrades: 5 });
  await owner.waitForLive(accountId);
  const handle = await system.workflow(accountId);
  const refusal = await handle
    .executeUpdate(linkUpdate, { args: [{ keyId: 'replaced', purpose: 'link' }] })
    .then(() => Promise.reject(new Error('A key that is not there was accepted.')), String);
  console.log(refusal);
  if (release === 'today') await owner.pause(accountId);
  await save(release === 'today' ? 'key-missing' : 'previous-key-missing', accountId);
}

/** Another sync is asked for while one runs. */
async function syncAgain(stage: Stage, release: 'previous' | 'today'): Promise<void> {
  const { system, save } = stage;
  if (release === 'previous') await startPreviousWorker(stage);
  else await system.startWorker();
  const { owner, accountId } = await linkNew(system, 'sync-again', { spotTrades: 5 });
  await owner.waitForLive(accountId);
  system.sandbox.exchange.setSwitches({ latencyMs: 500 });
  for (let asked = 0; asked < 2; asked++) {
    await owner.sync(accountId, { wait: false });
    await sleep(500);
  }
  if (release === 'today') await owner.sync(accountId);
  else {
    const handle = await system.workflow(accountId);
    await until(async () => (await handle.query(viewQuery)).activity === 'idle');
  }
  await sleep(1_000);
  await save(release === 'today' ? 'sync-again' : 'previous-sync-again', accountId);
}

/** A paused account is unlinked in Postgres only, and linked again before its workflow has ended. */
async function linkAgain({ system, save }: Stage, name: string): Promise<void> {
  await system.startWorker();
  const { account, owner, accountId } = await linkNew(system, 'linked-again', { spotTrades: 5 });
  await owner.waitForLive(accountId);
  await owner.pause(accountId);
  const database = connectDatabase({ url: system.env.DATABASE_URL as string, role: 'worker' });
  await unlinkAccount(database, accountId).finally(() => database.close());
  await notRefused(owner.link(account));
  await sleep(3_000);
  await save(name, accountId);
}

/** A sync is asked for while a key is checked, and that key is refused. */
async function checkAgain(stage: Stage, release: 'previous' | 'today'): Promise<void> {
  const { system, save } = stage;
  if (release === 'previous') await startPreviousWorker(stage);
  else await system.startWorker();
  const { exchange } = system.sandbox;
  const { account, owner, accountId } = await linkNew(system, 'check-again', { spotTrades: 5 });
  await owner.waitForLive(accountId);
  exchange.changeKey(account.apiKey, { status: 'frozen' });
  await owner.sync(accountId, { wait: false });
  await owner.waitFor(accountId, ({ status }) => status === 'needs-attention');
  exchange.setSwitches({ latencyMs: 500 });
  for (let asked = 0; asked < 2; asked++) {
    await owner.sync(accountId, { wait: false });
    await sleep(300);
  }
  await sleep(4_000);
  await save(release === 'today' ? 'check-again' : 'previous-check-again', accountId);
}

/** One release decides, and both of them read: their results name different streams. */
async function besideAnother(stage: Stage, release: 'previous' | 'today'): Promise<void> {
  const { system, save } = stage;
  const startToday = () => system.startWorker({ HEALTH_ADDRESS: '' });
  // A run stays with the worker that has it in its cache.
  await (release === 'previous' ? startPreviousWorker(stage) : startToday());
  const { owner, accountId } = await linkNew(system, 'beside', { spotTrades: 5 });
  await owner.waitForLive(accountId);
  await (release === 'previous' ? startToday() : startPreviousWorker(stage));
  const handle = await firstRun(system, accountId);
  while (!(await hasEnded(handle))) {
    await owner.sync(accountId, { wait: false });
    await sleep(1_500);
  }
  await save(release === 'previous' ? 'previous-beside' : 'beside', handle);
}

function startPreviousWorker({ system, previous }: Stage) {
  return system.startWorker({}, join(sourcesOf(previous), 'src/worker.ts'));
}

/** Its client starts the workflow, which tells less of itself than today's does. */
async function linkWithPrevious({ system, previous }: Stage, records: Parameters<typeof linkNew>[2]) {
  const entry = join(sourcesOf(previous), 'src/client/index.ts');
  const { createClient: createPrevious } = (await import(entry)) as { createClient: typeof createClient };
  const { DATABASE_URL = '', CREDENTIALS_PUBLIC_KEY = '', TASK_QUEUE = '', TEMPORAL_ADDRESS = '' } = system.env;
  const client = createPrevious({
    databaseUrl: DATABASE_URL,
    publicKey: CREDENTIALS_PUBLIC_KEY,
    taskQueue: TASK_QUEUE,
    temporal: { address: TEMPORAL_ADDRESS },
  });
  const { accountId } = await linkNew({ ...system, client } as System, 'previous', records);
  await client.close();
  return { accountId, owner: system.client.forOwner('previous') };
}

function sourcesOf(previous: string | null): string {
  if (previous === null) throw new Error('The sources of the release before are not in this checkout.');
  return previous;
}
