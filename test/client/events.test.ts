import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AccountEvent, EventsOptions, OwnerClient } from '../../src/client/index.ts';
import {
  adoptCandidate,
  type Database,
  eraseAccount,
  markDelivered,
  nextUndelivered,
  saveCandidate,
  type UndeliveredEvent,
} from '../../src/database/index.ts';
import { documentOf, runCommandLine } from '../cli/run-command-line.ts';
import { setStatus } from '../database/support.ts';
import { freshPlatform, type Platform, unreachable } from './surroundings.ts';

let platform: Platform;
let database: Database;
beforeAll(async () => {
  platform = await freshPlatform({ temporalAddress: unreachable });
  database = platform.database;
});
afterAll(() => platform.close());

const report = { readOnly: true, permissions: [], keyExpiresAtMs: null, exchangeAccountId: null };

async function link(ownerId: string, accountId: string): Promise<void> {
  const keyId = `key-of-${accountId}`;
  await saveCandidate(database, { accountId, ownerId, keyId, fingerprint: accountId, sealed: 'sealed' });
  await adoptCandidate(database, accountId, keyId, report);
}

async function everything(owner: OwnerClient, options: EventsOptions = {}): Promise<readonly AccountEvent[]> {
  const found: AccountEvent[] = [];
  for await (const event of owner.allEvents(options)) found.push(event);
  return found;
}

const named = (events: readonly AccountEvent[]) =>
  events.map((event) => `${event.accountId} ${event.eventId} ${event.kind}`);

test('an owner follows all accounts, also one that is linked later, from where the last page ended', async () => {
  const anna = platform.client.forOwner('anna');
  await link('anna', 'first');
  await link('bob', 'not-hers');
  const page = await anna.events();
  expect(page).toEqual({
    events: [
      {
        ownerId: 'anna',
        accountId: 'first',
        eventId: 1,
        kind: 'linked',
        at: expect.stringMatching(/\.\d{3}Z$/),
        details: {},
      },
    ],
    next: expect.any(String),
    more: false,
  });
  const nothing = await anna.events({ after: page.next });
  expect(nothing).toEqual({ events: [], next: page.next, more: false });
  await setStatus(database, 'first', { status: 'live' });
  await link('anna', 'second');
  expect(named((await anna.events({ after: page.next })).events)).toEqual(['first 2 backfilled', 'second 1 linked']);
  expect(named(await everything(anna, { limit: 1 }))).toEqual([
    'first 1 linked',
    'first 2 backfilled',
    'second 1 linked',
  ]);
  expect(named(await everything(anna, { accountId: 'second' }))).toEqual(['second 1 linked']);
});

test('an account that is erased and linked again begins at its beginning, whatever was seen before', async () => {
  const carl = platform.client.forOwner('carl');
  await link('carl', 'again');
  await setStatus(database, 'again', { status: 'live' });
  const { next } = await carl.events();
  await eraseAccount(database, 'again');
  await link('carl', 'again');
  expect(named((await carl.events({ after: next })).events)).toEqual(['again 1 linked']);
});

test('webhooks of an owner are posted again from a place on, in order, and of no other owner', async () => {
  await link('dora', 'replayed');
  await setStatus(database, 'replayed', { status: 'live' });
  await link('emil', 'other');
  const posted = async () => {
    const found: number[] = [];
    for (
      let event = await nextUndelivered(database, 'replayed');
      event;
      event = await nextUndelivered(database, 'replayed')
    ) {
      found.push(event.eventId);
      await markDelivered(database, event);
    }
    return found;
  };
  expect(await posted()).toEqual([1, 2]);
  await markDelivered(database, (await nextUndelivered(database, 'other')) as UndeliveredEvent);
  const dora = platform.client.forOwner('dora');
  const { events } = await dora.events();
  expect(await dora.replayWebhooks(new Date(Date.now() + 60_000))).toBe(0);
  expect(await dora.replayWebhooks('2020-01-01', { accountId: 'replayed' })).toBe(2);
  expect(await posted()).toEqual([1, 2]);
  expect(await dora.replayWebhooks(events[1]?.at ?? '')).toBe(1);
  expect(await posted()).toEqual([2]);
  expect(await nextUndelivered(database, 'other')).toBeNull();
});

test('a cursor of another owner or list, another owner’s account and a limit too large are refused', async () => {
  const { next } = await platform.client.forOwner('anna').events();
  const bob = platform.client.forOwner('bob');
  await expect(bob.events({ after: next })).rejects.toMatchObject({ code: 'wrong-cursor' });
  await expect(bob.events({ accountId: 'first' })).rejects.toMatchObject({ code: 'account-not-found' });
  await expect(bob.events({ limit: 1001 })).rejects.toMatchObject({ code: 'wrong-limit' });
  await expect(bob.events({ signal: AbortSignal.abort('enough') })).rejects.toMatchObject({
    code: 'aborted',
    cause: 'enough',
  });
});

test('the command line lists events, the details of each as text', async () => {
  const reported = await runCommandLine(['events', '--owner', 'anna', '--json'], { env: platform.env });
  expect(reported.status).toBe(0);
  const { events, next } = documentOf(reported) as { events: AccountEvent[]; next: string };
  expect(named(events)).toEqual(['first 1 linked', 'first 2 backfilled', 'second 1 linked']);
  const later = await runCommandLine(['events', 'first', '--owner', 'anna', '--limit', '1'], { env: platform.env });
  expect(later.stdout).toContain('linked');
  expect(later.stdout).not.toContain('backfilled');
  const on = await runCommandLine(['events', '--owner', 'anna', '--after', next, '--json'], { env: platform.env });
  expect(documentOf(on)).toEqual({ events: [], next, more: false });
  const wrong = await runCommandLine(['events', '--owner', 'anna', '--limit', 'many'], { env: platform.env });
  expect(wrong.status).toBe(2);
  const details = { streams: [{ stream: 'deposits', inserted: 1, changed: 0 }] };
  await database.pool.query('select note_event($1, $2, $3)', ['second', 'records-changed', details]);
  const listed = await runCommandLine(['events', 'second', '--owner', 'anna'], { env: platform.env });
  expect(listed.stdout).toContain('streams: [{"stream":"deposits"');
  const at = '2026-01-01T00:00:00.000Z';
  const alarm = { asset: 'B\u009b31m\u202eTC', wallet: 'spot', from: at, to: at };
  await database.pool.query('select note_event($1, $2, $3)', ['second', 'balance-unexplained', alarm]);
  const foreign = await runCommandLine(['events', 'second', '--owner', 'anna'], { env: platform.env });
  expect(foreign.stdout).toContain('asset: B·31m·TC');
});
