import { expect, test } from 'vitest';
import type { StreamName, Switches } from '../../sandbox/server.ts';
import { dayMs, opened } from './opened.ts';
import type { Reply, SigningClient } from './signing-client.ts';

const now = Date.now();
const daysAgo = (days: number) => now - days * dayMs;

/** Of each stream that has a reach, what a request for a window of so many days ago looks like. */
const asked = {
  'spot-trades': (client, from, to) => client.spotTrades({ startTime: daysAgo(from), endTime: daysAgo(to) }),
  'futures-trades': (client, from, to) =>
    client.futuresTrades({
      start_time: Math.floor(daysAgo(from) / 1_000),
      end_time: Math.floor(daysAgo(to) / 1_000),
    }),
  'futures-flows': (client, from, to) =>
    client.get('/contract/private/transaction-history', { start_time: daysAgo(from), end_time: daysAgo(to) }),
  withdrawals: (client, from, to) => client.movements({ startTime: daysAgo(from), endTime: daysAgo(to) }),
  deposits: (client, from, to) =>
    client.movements({ operation_type: 'deposit', startTime: daysAgo(from), endTime: daysAgo(to) }),
} satisfies Partial<Record<StreamName, (client: SigningClient, from: number, to: number) => Promise<Reply>>>;
type Limited = keyof typeof asked;
const streams = Object.keys(asked) as readonly Limited[];

const timeFields: Readonly<Record<Limited, string>> = {
  'spot-trades': 'createTime',
  'futures-trades': 'create_time',
  'futures-flows': 'time',
  withdrawals: 'apply_time',
  deposits: 'apply_time',
};

/** An account with one record of each stream so many days ago, and how many rows or which code a window gets. */
async function withRecords(days: readonly number[], switches: Partial<Switches>) {
  const all = await opened({ switches });
  for (const stream of streams) {
    const rows = days.map((day) => ({ [timeFields[stream]]: daysAgo(day) }));
    all.exchange.add('anna', stream, rows);
  }
  const reported = async (stream: Limited, from: number, to: number) => {
    const { status, body } = await asked[stream](all.client, from, to);
    return body.code === 1_000 ? (body.data.records ?? body.data).length : [status, body.code];
  };
  return { ...all, reported };
}

test('each stream has a reach of its own; those without one have that of trades or of movements', async () => {
  const reachMs = { 'spot-trades': 20 * dayMs, 'futures-trades': 270 * dayMs, deposits: 500 * dayMs };
  const { exchange, reported } = await withRecords([19, 30, 100, 260, 280, 490], { reachMs });
  const found = async (stream: Limited) => {
    let rows = 0;
    for (let from = 600; from > 0; from -= 60) rows += await reported(stream, from, from - 60);
    return rows;
  };
  expect(await found('spot-trades')).toBe(1);
  expect(await found('futures-trades')).toBe(4);
  expect(await found('futures-flows')).toBe(2);
  expect(await found('withdrawals')).toBe(6);
  expect(await found('deposits')).toBe(6);
  exchange.setSwitches({
    reachMs: { 'futures-flows': null },
    tradesReachMs: 400 * dayMs,
    movementsReachMs: 90 * dayMs,
  });
  expect(await found('spot-trades')).toBe(5);
  expect(await found('futures-flows')).toBe(6);
  expect(await found('deposits')).toBe(2);
});

test('a window that starts beyond the reach is cut, or refused with the documented code or any other', async () => {
  const { exchange, reported } = await withRecords([29, 31], {
    tradesReachMs: 30 * dayMs,
    movementsReachMs: 30 * dayMs,
  });
  const wide = () => Promise.all(streams.map((stream) => reported(stream, 40, 20)));
  expect(await wide()).toEqual([1, 1, 1, 1, 1]);
  exchange.setSwitches({ beyondReach: 'error' });
  expect(await wide()).toEqual([
    [400, 50041],
    [400, 50041],
    [400, 50041],
    [400, 60066],
    [400, 60066],
  ]);
  exchange.setSwitches({ beyondReach: { code: 40011 } });
  expect(await wide()).toEqual(streams.map(() => [400, 40011]));
  expect(await reported('futures-trades', 29.5, 20)).toBe(1);
  exchange.setSwitches({
    beyondReach: 'empty',
    edges: { 'futures-trades': { code: 49998, httpStatus: 500 }, deposits: 'error' },
  });
  expect(await wide()).toEqual([1, [500, 49998], 1, 1, [400, 60066]]);
});

test('another code comes in the envelope of its part of the exchange', async () => {
  const { client } = await withRecords([], { tradesReachMs: 30 * dayMs, beyondReach: { code: 40039 } });
  const futures = await asked['futures-trades'](client, 40, 20);
  expect(futures.body).toMatchObject({ errno: 'OK', code: 40039, data: null });
  const spot = await asked['spot-trades'](client, 40, 20);
  expect(spot.body).toMatchObject({ code: 40039, data: {} });
  expect(spot.body).not.toHaveProperty('errno');
});

test('the truth says until when each record is served, by the reach of its stream', async () => {
  const { exchange } = await withRecords([100], { reachMs: { 'futures-trades': 270 * dayMs, deposits: 20 * dayMs } });
  const until = Object.fromEntries(exchange.served('anna').map((record) => [record.stream, record.servableUntilMs]));
  expect(until).toEqual({
    'spot-trades': daysAgo(10),
    'futures-trades': daysAgo(-170),
    'futures-flows': daysAgo(10),
    withdrawals: null,
    deposits: daysAgo(80),
  });
});

test('an edge that is none is refused', async () => {
  const { exchange } = await opened();
  for (const edge of ['silent', { httpStatus: 400 }, null]) {
    expect(() => exchange.setSwitches({ beyondReach: edge as never })).toThrow('An edge is');
    expect(() => exchange.setSwitches({ edges: { deposits: edge as never } })).toThrow('An edge is');
  }
});

test('a reach, an edge or a cap of a stream that does not exist is refused', async () => {
  const { exchange } = await opened();
  for (const name of ['reachMs', 'edges', 'caps']) {
    expect(() => exchange.setSwitches({ [name]: { trades: 1 } })).toThrow('There is no stream "trades"');
  }
});
