import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresPace, type Database, fleetFigures } from '../../src/database/index.ts';
import { ExchangeFailure } from '../../src/history/failure.ts';
import { severalKeysThrottled } from '../../src/history/pace.ts';
import { anotherPool, migratedDatabase, type TestDatabase } from './support.ts';

let database: TestDatabase;
let other: Database;
beforeAll(async () => {
  database = await migratedDatabase();
  other = anotherPool(database);
});
afterAll(async () => {
  await other.close();
  await database.close();
});

const never = new AbortController().signal;
const slot = (fingerprint: string, spacingMs: number, endpoint = 'spot-trades') => ({
  fingerprint,
  endpoint,
  spacingMs,
});

async function failureOf(attempt: Promise<unknown>): Promise<ExchangeFailure> {
  const failure = await attempt.then(
    () => null,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(ExchangeFailure);
  return failure as ExchangeFailure;
}

describe('turns of one key at one endpoint', () => {
  test('are evenly spaced over two workers together, without a burst at the start', async () => {
    const spacingMs = 40;
    const workers = [createPostgresPace(database, { egressId: 'a' }), createPostgresPace(other, { egressId: 'b' })];
    const sentAtMs: number[] = [];
    const startedMs = performance.now();
    await Promise.all(
      workers.map(async (pace) => {
        for (let i = 0; i < 10; i++) {
          await pace.waitForSlot(slot('shared', spacingMs), never);
          sentAtMs.push(performance.now());
        }
      }),
    );
    // However late timers are, no turn comes before its place in an even row from the start.
    sentAtMs.sort((a, b) => a - b);
    for (const [i, atMs] of sentAtMs.entries()) expect(atMs - startedMs).toBeGreaterThan(i * spacingMs - 5);
    expect(sentAtMs).toHaveLength(20);
  });

  test('are not saved up while there is no request', async () => {
    const pace = createPostgresPace(database, { egressId: 'a' });
    await pace.waitForSlot(slot('idle', 60), never);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const startedMs = performance.now();
    for (let i = 0; i < 3; i++) await pace.waitForSlot(slot('idle', 60), never);
    expect(performance.now() - startedMs).toBeGreaterThan(115);
  });

  test('survive a restart: a new worker waits for the turn that an earlier one left behind', async () => {
    const startedMs = performance.now();
    await createPostgresPace(database, { egressId: 'a' }).waitForSlot(slot('restart', 300), never);
    await createPostgresPace(other, { egressId: 'a' }).waitForSlot(slot('restart', 300), never);
    expect(performance.now() - startedMs).toBeGreaterThan(295);
  });

  test('do not wait for another key or another endpoint', async () => {
    const pace = createPostgresPace(database, { egressId: 'a' });
    await pace.waitForSlot(slot('one', 5000), never);
    const startedMs = performance.now();
    await pace.waitForSlot(slot('two', 5000), never);
    await pace.waitForSlot(slot('one', 5000, 'deposits'), never);
    expect(performance.now() - startedMs).toBeLessThan(4_500);
  });

  test('too far off are not taken: the failure says when to come again', async () => {
    const pace = createPostgresPace(database, { egressId: 'a' });
    const startedMs = performance.now();
    await pace.waitForSlot(slot('far', 60_000), never);
    const first = await failureOf(pace.waitForSlot(slot('far', 60_000), never));
    const second = await failureOf(pace.waitForSlot(slot('far', 60_000), never));
    for (const { details } of [first, second]) {
      expect(details).toMatchObject({ kind: 'throttled', endpoint: 'spot-trades' });
      expect(details.retryAfterMs).toBeGreaterThan(60_000 - (performance.now() - startedMs) - 5);
      expect(details.retryAfterMs).toBeLessThanOrEqual(60_000);
    }
  });

  test('end at once when the wait is cancelled', async () => {
    const pace = createPostgresPace(database, { egressId: 'a' });
    await pace.waitForSlot(slot('cancel', 5000), never);
    const controller = new AbortController();
    const waiting = pace.waitForSlot(slot('cancel', 5000), controller.signal);
    setTimeout(() => controller.abort(), 50);
    const startedMs = performance.now();
    await expect(waiting).rejects.toThrow(/abort/i);
    expect(performance.now() - startedMs).toBeLessThan(4_500);
    await expect(pace.waitForSlot(slot('cancel', 5000), controller.signal)).rejects.toThrow(/abort/i);
  });

  test('come later when the exchange asked this key to slow down', async () => {
    const pace = createPostgresPace(database, { egressId: 'a' });
    const untilMs = Date.now() + 400;
    await pace.slowDown({ fingerprint: 'slow', endpoint: 'spot-trades', untilMs });
    await pace.slowDown({ fingerprint: 'slow', endpoint: 'spot-trades', untilMs: untilMs - 350 });
    await createPostgresPace(other, { egressId: 'b' }).waitForSlot(slot('slow', 10), never);
    expect(Date.now()).toBeGreaterThanOrEqual(untilMs - 5);
  });
});

describe('a pause of an address', () => {
  test('stops every key behind it, in every worker, and says why and until when', async () => {
    const untilMs = Date.now() + 60_000;
    await createPostgresPace(database, { egressId: 'banned' }).coolDown({
      untilMs,
      reason: 'the exchange answered 418',
    });
    const { details } = await failureOf(
      createPostgresPace(other, { egressId: 'banned' }).waitForSlot(slot('x', 10), never),
    );
    expect(details.message).toContain('the exchange answered 418');
    expect(details.retryAfterMs).toBeGreaterThan(untilMs - Date.now() - 5);
    await createPostgresPace(other, { egressId: 'elsewhere' }).waitForSlot(slot('x', 10), never);
  });

  test('is never shortened', async () => {
    const pace = createPostgresPace(database, { egressId: 'long' });
    await pace.coolDown({ untilMs: Date.now() + 60_000, reason: 'first' });
    await pace.coolDown({ untilMs: Date.now() + 1000, reason: 'second' });
    const { rows } = await sql<{ reason: string }>`select reason from cooldown where egress_id = 'long'`.execute(
      database.kysely,
    );
    expect(rows).toEqual([{ reason: 'first' }]);
  });

  test('is a figure of the fleet while the address is banned, but not after 429s of several keys', async () => {
    await sql`delete from cooldown`.execute(database.kysely);
    const seconds = async () => (await fleetFigures(database, { timetable: null })).cooldownSeconds;
    const coolDown = (egressId: string, seconds: number, reason: string) =>
      createPostgresPace(database, { egressId }).coolDown({ untilMs: Date.now() + seconds * 1000, reason });
    await coolDown('shared', 120, `${severalKeysThrottled}: spot-trades was answered with HTTP 429`);
    expect(await seconds()).toBe(0);
    await coolDown('banned', 60, 'spot-trades was answered with HTTP 418');
    expect(await seconds()).toBeCloseTo(60, -1);
  });

  test('also stops a request that was waiting for its turn already', async () => {
    const pace = createPostgresPace(database, { egressId: 'late' });
    await pace.waitForSlot(slot('late', 2_000), never);
    const waiting = pace.waitForSlot(slot('late', 2_000), never);
    await pace.coolDown({ untilMs: Date.now() + 60_000, reason: 'the exchange answered 418' });
    expect((await failureOf(waiting)).details.kind).toBe('throttled');
  });

  test('that is short is waited for', async () => {
    const pace = createPostgresPace(database, { egressId: 'short' });
    const untilMs = Date.now() + 300;
    await createPostgresPace(other, { egressId: 'short' }).coolDown({ untilMs, reason: 'a breath' });
    await pace.waitForSlot(slot('short', 10), never);
    expect(Date.now()).toBeGreaterThanOrEqual(untilMs - 5);
  });
});
