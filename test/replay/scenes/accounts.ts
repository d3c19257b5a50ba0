import { setTimeout as sleep } from 'node:timers/promises';
import { eventsWorkflowIdOf, pauseUpdate, workflowIdOf } from '../../../src/workflows/messages.ts';
import { notRefused } from '../../support/not-refused.ts';
import type { System } from '../../support/system.ts';
import { Receiver, secret } from '../../webhook/receiver.ts';
import { firstRun, hasEnded, linkNew, type Scene, type Stage, slowly, someRecords, steadily, until } from '../scene.ts';

const dayMs = 86_400_000;
const platform = new Receiver();

/** What happens to accounts that today's worker reads. */
export const scenesOfAccounts: readonly Scene[] = [
  { histories: ['link', 'events'], options: withWebhook, play: link },
  { histories: ['events-continued'], options: withWebhook, play: manyEvents },
  { histories: ['refused'], options: slowly, play: refused },
  { histories: ['backfill'], options: slowly, play: backfill },
  { histories: ['pause'], options: slowly, play: pause },
  { histories: ['resumed'], play: resume },
  { histories: ['pause-failed'], play: failToPause },
  { histories: ['continue-as-new', 'continued'], options: slowly, play: continueAsNew },
  { histories: ['needs-attention'], options: slowly, play: needsAttention },
  { histories: ['unlink'], options: slowly, play: unlink },
  { histories: ['range'], options: slowly, play: range },
  { histories: ['range-cut-short'], options: steadily, play: rangeCutShort },
  { histories: ['rotate'], options: steadily, play: rotate },
  { histories: ['joined'], play: joined },
  { histories: ['checked'], play: checked },
  { histories: ['merged', 'merged-into'], play: merge },
  { histories: ['closed'], options: closingSoon, play: close },
  // Of a release that let every caller wait.
  { histories: ['many-callers'], play: manyCallers },
  { histories: ['commands'], play: commandsInTurn },
  { histories: ['twelve-syncs'], play: twelveSyncs },
];

function withWebhook() {
  const webhook = { WEBHOOK_SECRET: secret, WEBHOOK_ADDRESSES: 'any' };
  return { ...slowly(), workerEnv: { ...slowly().workerEnv, ...webhook } };
}

async function link({ system, save }: Stage): Promise<void> {
  await platform.listen();
  await system.startWorker({ WEBHOOK_URL: platform.url });
  const { owner, accountId } = await linkNew(system, 'link', someRecords(30));
  await owner.waitForLive(accountId);
  await save('link', accountId);
  await until(() => (platform.taken().get(accountId)?.length ?? 0) >= 2);
  const { workflow } = await system.temporal();
  const events = workflow.getHandle(eventsWorkflowIdOf(accountId));
  await until(() => hasEnded(events));
  await save('events', events);
  await platform.close();
}

/** More events at once than one run posts. */
async function manyEvents({ system, save }: Stage): Promise<void> {
  await platform.listen();
  await system.startWorker({ WEBHOOK_URL: platform.url });
  const { owner, accountId } = await linkNew(system, 'events', { spotTrades: 5 });
  await owner.waitForLive(accountId);
  const isQuiet = async () => {
    const { rows } = await system.database.query('select from account_event where delivered_at is null');
    return rows.length === 0;
  };
  await until(isQuiet);
  await system.database.query(`select note_event($1, 'gap-closed', '{}') from generate_series(1, 60)`, [accountId]);
  await until(isQuiet);
  const { workflow } = await system.temporal();
  const last = workflow.getHandle(eventsWorkflowIdOf(accountId));
  await save('events-continued', await firstRun(system, last));
  await platform.close();
}

async function refused({ system, save }: Stage): Promise<void> {
  await system.startWorker();
  const account = system.sandbox.exchange.addAccount({ name: 'refused' });
  await system.client.forOwner('refused').link({ ...account, memo: 'wrong' });
  await save('refused', await theOneThatEnds(system));
}

async function backfill({ system, save }: Stage): Promise<void> {
  await system.startWorker();
  const { owner, accountId } = await linkNew(system, 'backfill', someRecords(3_000));
  await owner.waitForLive(accountId);
  await save('backfill', await firstRun(system, accountId));
}

async function pause({ system, save }: Stage): Promise<void> {
  await system.startWorker();
  const { owner, accountId } = await linkNew(system, 'pause', someRecords(3_000));
  await sleep(700);
  await owner.pause(accountId);
  await sleep(1_500);
  await owner.resume(accountId);
  await owner.waitForLive(accountId);
  await save('pause', await firstRun(system, accountId));
}

/** Paused and resumed while it waits for its next turn. */
async function resume({ system, save }: Stage): Promise<void> {
  await system.startWorker();
  const { owner, accountId } = await linkNew(system, 'resumed', { spotTrades: 5 });
  await owner.waitForLive(accountId);
  await sleep(1_000);
  const lastReadAt = async () => (await owner.status(accountId)).streams[0]?.lastReadAt;
  const before = await lastReadAt();
  await owner.pause(accountId);
  await sleep(1_000);
  await owner.resume(accountId);
  await until(async () => (await lastReadAt()) !== before);
  await sleep(1_000);
  await save('resumed', accountId);
}

/** Postgres does not take the pause, for as long as it is tried: the account is unchanged. */
async function failToPause({ system, save }: Stage): Promise<void> {
  await system.startWorker();
  const { owner, accountId } = await linkNew(system, 'pause-failed', { spotTrades: 5 });
  await owner.waitForLive(accountId);
  const { workflow } = await system.temporal();
  await system.database.query(`alter table account add constraint never_paused check (not paused) not valid`);
  const paused = workflow.getHandle(workflowIdOf(accountId)).executeUpdate(pauseUpdate);
  await paused.then(
    () => Promise.reject(new Error('The account was paused.')),
    (error) => console.log(String(error.cause)),
  );
  await sleep(1_000);
  await save('pause-failed', accountId);
}

async function continueAsNew({ system, save }: Stage): Promise<void> {
  await system.startWorker();
  const { owner, accountId } = await linkNew(system, 'continue-as-new', someRecords(10));
  await owner.waitForLive(accountId);
  for (let i = 0; i < 8; i++) await owner.sync(accountId);
  await save('continue-as-new', await firstRun(system, accountId));
  await save('continued', accountId);
}

/** A run that ends after twelve syncs, whatever it has waited between them. */
async function twelveSyncs({ system, save }: Stage): Promise<void> {
  await system.startWorker();
  const { owner, accountId } = await linkNew(system, 'twelve-syncs', { spotTrades: 5 });
  await owner.waitForLive(accountId);
  const first = await firstRun(system, accountId);
  while (!(await hasEnded(first))) await owner.sync(accountId);
  await save('twelve-syncs', first);
}

async function needsAttention({ system, save }: Stage): Promise<void> {
  await system.startWorker();
  const { exchange } = system.sandbox;
  const { account, owner, accountId } = await linkNew(system, 'needs-attention', someRecords(10));
  await owner.waitForLive(accountId);
  exchange.changeKey(account.apiKey, { status: 'frozen' });
  await owner.sync(accountId, { wait: false });
  await owner.waitFor(accountId, (status) => status.status === 'needs-attention');
  mustBeAccepted(await owner.rotate(accountId, exchange.addKey('needs-attention')));
  await owner.waitForLive(accountId);
  await save('needs-attention', accountId);
}

async function unlink({ system, save }: Stage): Promise<void> {
  await system.startWorker();
  const { owner, accountId } = await linkNew(system, 'unlink', someRecords(3_000));
  await sleep(700);
  await owner.unlink(accountId, { erase: true });
  await save('unlink', await ended(system, accountId));
}

/** A range that is requested while the backfill is under way. */
async function range({ system, save }: Stage): Promise<void> {
  await system.startWorker();
  const { owner, accountId } = await linkNew(system, 'range', { spotTrades: 2_000, days: 80 });
  await owner.syncRange(accountId, { stream: 'spot-trades', from: daysAgo(30), to: daysAgo(20) });
  await owner.waitForLive(accountId);
  await save('range', await firstRun(system, accountId));
}

/** The account is paused while a caller waits for a range. */
async function rangeCutShort({ system, save }: Stage): Promise<void> {
  await system.startWorker();
  const { owner, accountId } = await linkNew(system, 'range-cut-short', { spotTrades: 100, days: 80 });
  await owner.waitForLive(accountId);
  system.sandbox.exchange.setSwitches({ latencyMs: 3_000 });
  const asked = owner.syncRange(accountId, { stream: 'spot-trades', from: daysAgo(70), to: daysAgo(1) });
  const refusal = asked.then(() => Promise.reject(new Error('The range was read to its end.')), String);
  await sleep(1_000);
  await owner.pause(accountId);
  console.log(await refusal);
  await save('range-cut-short', accountId);
}

/** Another key is accepted while the account is read with the one before. */
async function rotate({ system, save }: Stage): Promise<void> {
  await system.startWorker();
  const { owner, accountId } = await linkNew(system, 'rotate', { spotTrades: 800, days: 80 });
  await sleep(300);
  mustBeAccepted(await owner.rotate(accountId, system.sandbox.exchange.addKey('rotate')));
  await owner.waitForLive(accountId);
  await save('rotate', accountId);
}

/** A second key of an account that is linked: the workflow that looked at it hands it over and ends. */
async function joined({ system, save }: Stage): Promise<void> {
  await system.startWorker();
  const { owner, accountId } = await linkNew(system, 'joined', { spotTrades: 5 });
  await owner.waitForLive(accountId);
  const { exchange } = system.sandbox;
  mustBeAccepted(await notRefused(owner.link(exchange.addKey('joined'))));
  await save('joined', await theOneThatEnds(system));
}

/** A key is looked at, and nothing is linked. */
async function checked({ system, save }: Stage): Promise<void> {
  await system.startWorker();
  mustBeAccepted(await system.client.check(system.sandbox.exchange.addAccount({ name: 'checked' })));
  await save('checked', await theOneThatEnds(system));
}

/** A merge that is refused, because the two differ, and one that is not. */
async function merge({ system, save }: Stage): Promise<void> {
  await system.startWorker();
  const { exchange } = system.sandbox;
  const endpoint = '/uapi-key/v1/account/info';
  exchange.inject({ fault: 'error', code: 30012, httpStatus: 403, endpoint, account: 'merge' });
  const { owner, accountId: older } = await linkNew(system, 'merge', someRecords(20));
  await owner.waitForLive(older);
  const stranger = exchange.addAccount({ name: 'stranger' });
  exchange.generate('stranger', someRecords(20));
  const { accountId: other } = await notRefused(owner.link(stranger));
  await owner.waitForLive(other);
  const { accountId: younger } = await notRefused(owner.link(exchange.addKey('merge')));
  await owner.waitForLive(younger);
  await owner.merge(younger, other).then(
    () => Promise.reject(new Error('Two different accounts were merged.')),
    (error) => console.log(String(error)),
  );
  await owner.merge(younger, older);
  await save('merged', await ended(system, younger));
  await owner.sync(older);
  await save('merged-into', older);
}

/** Commands that come while a key is checked: each waits for its turn. */
async function commandsInTurn({ system, save }: Stage): Promise<void> {
  await system.startWorker();
  const { exchange } = system.sandbox;
  const { owner, accountId } = await linkNew(system, 'commands', { spotTrades: 5 });
  await owner.waitForLive(accountId);
  exchange.setSwitches({ latencyMs: 1_000 });
  const rotating = owner.rotate(accountId, exchange.addKey('commands'));
  await sleep(500);
  const pausing = owner.pause(accountId);
  await sleep(500);
  const resuming = owner.resume(accountId);
  mustBeAccepted(await rotating);
  await Promise.all([pausing, resuming]);
  exchange.setSwitches({ latencyMs: 0 });
  await owner.waitForLive(accountId);
  await owner.unlink(accountId);
  await save('commands', await ended(system, accountId));
}

/** More callers wait for one sync than may wait at once. */
async function manyCallers({ system, save }: Stage): Promise<void> {
  await system.startWorker();
  const { owner, accountId } = await linkNew(system, 'many-callers', { spotTrades: 5 });
  await owner.waitForLive(accountId);
  system.sandbox.exchange.setSwitches({ latencyMs: 100 });
  await Promise.all(Array.from({ length: 9 }, () => owner.sync(accountId)));
  await save('many-callers', accountId);
}

function closingSoon() {
  const longAgo = new Date(Date.now() - 120 * dayMs).toISOString();
  const platformEnd = new Date(Date.now() + 10_000).toISOString();
  const timetable = { depositsEnd: longAgo, tradingEnd: longAgo, platformEnd };
  return { workerEnv: { BITMART_TIMETABLE: JSON.stringify(timetable), SYNC_INTERVAL: '2s' } };
}

/** The exchange ends while the account is read. */
async function close({ system, save }: Stage): Promise<void> {
  await system.startWorker();
  const { owner, accountId } = await linkNew(system, 'closed', { withdrawals: 2, days: 20 });
  await owner.waitFor(accountId, (status) => status.status === 'closed');
  await save('closed', await ended(system, accountId));
}

async function ended(system: System, accountId: string) {
  const { workflow } = await system.temporal();
  const handle = workflow.getHandle(workflowIdOf(accountId));
  await until(() => hasEnded(handle));
  return handle;
}

/** The only workflow of an account that has ended. */
async function theOneThatEnds(system: System) {
  const { workflow } = await system.temporal();
  const query = `WorkflowType = 'linkedAccount' AND ExecutionStatus = 'Completed' AND TaskQueue = '${system.env.TASK_QUEUE}'`;
  const found: string[] = [];
  await until(async () => {
    for await (const { workflowId } of workflow.list({ query })) found.push(workflowId);
    return found.length > 0;
  });
  return workflow.getHandle(found[0] as string);
}

function mustBeAccepted({ outcome }: { readonly outcome: string }): void {
  if (outcome !== 'accepted') throw new Error(`The key was not accepted: ${outcome}.`);
}

function daysAgo(days: number): Date {
  return new Date(Date.now() - days * dayMs);
}
