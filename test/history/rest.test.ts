import { describe, expect, test } from 'vitest';
import type { PartState } from '../../src/history/part-state.ts';
import { refuseRead } from '../../src/history/read.ts';
import { type Rest, restOf } from '../../src/history/rest.ts';
import { finalTurnsMs } from '../../src/history/sweep.ts';
import { accountId, accountInTime, settings, timetable } from './account-in-time.ts';
import { dayMs, hourMs } from './pages.ts';

const { depositsEndMs, spotTradingEndMs, platformEndMs } = timetable;

type Account = ReturnType<typeof accountInTime>;

function rest({ stream, states, exchange }: Account, more: Partial<Parameters<typeof restOf>[2]> = {}): Rest {
  return restOf(stream, states(), { accountId, clockMs: exchange.atMs, settings, isChanging: false, ...more });
}

/** When a stream that is read daily changes how it stands, in days from an instant. */
async function changes(account: Account, fromMs: number, days: readonly [first: number, last: number]) {
  const found: [number, Rest][] = [];
  for (let day = days[0]; day <= days[1]; day++) {
    await account.readAt(fromMs + day * dayMs);
    const now = rest(account);
    if (found.at(-1)?.[1] !== now) found.push([day, now]);
  }
  return found;
}

describe('a stream whose own end is known', () => {
  const trades = [spotTradingEndMs - 30 * dayMs, spotTradingEndMs - hourMs];

  test('is due while it goes on, rests once all of it is settled, and is closed only by a read after the platform ends', async () => {
    const spot = accountInTime('spot-trades', trades);
    expect(await changes(spot, spotTradingEndMs, [-10, 120])).toEqual([
      [-10, 'due'],
      [2, 'resting'],
    ]);
    await spot.readAt(platformEndMs - hourMs);
    expect(rest(spot, { clockMs: platformEndMs - 1 })).toBe('resting');
    expect(rest(spot, { clockMs: platformEndMs })).toBe('due');
    await spot.readAt(platformEndMs + hourMs);
    expect(rest(spot)).toBe('closed');
    expect(rest(spot, { clockMs: platformEndMs + 300 * dayMs })).toBe('closed');
  });

  test('is read once a day while it rests', async () => {
    const spot = accountInTime('spot-trades', trades);
    await spot.readAt(spotTradingEndMs + 3 * dayMs);
    await spot.readAt(spotTradingEndMs + 5 * dayMs);
    expect(rest(spot)).toBe('resting');
    expect(rest(spot, { clockMs: spot.exchange.atMs + 23 * hourMs })).toBe('resting');
    expect(rest(spot, { clockMs: spot.exchange.atMs + 24 * hourMs })).toBe('due');
  });

  test('neither rests nor closes by the calendar: what was not read after the end is due', async () => {
    const spot = accountInTime('spot-trades', trades);
    await spot.readAt(spotTradingEndMs - dayMs);
    expect(rest(spot, { clockMs: spotTradingEndMs + 100 * dayMs })).toBe('due');
    expect(rest(spot, { clockMs: platformEndMs + 100 * dayMs })).toBe('due');
  });

  test('is due for the sweeps before the platform ends', async () => {
    const spot = accountInTime('spot-trades', trades);
    await spot.readAt(spotTradingEndMs + 3 * dayMs);
    for (const turnMs of finalTurnsMs(accountId, settings)) {
      await spot.readAt(turnMs - hourMs);
      expect(rest(spot, { clockMs: turnMs - 1 })).toBe('resting');
      expect(rest(spot, { clockMs: turnMs })).toBe('due');
    }
  });

  test('rests only when it was read again a day after the account was linked', async () => {
    const spot = accountInTime('spot-trades', []);
    await spot.readAt(spotTradingEndMs + 91 * dayMs);
    expect(rest(spot)).toBe('due');
    await spot.readAt(spotTradingEndMs + 91 * dayMs + 30 * hourMs);
    expect(rest(spot)).toBe('resting');
  });

  test('does not rest while one of its records may still change', async () => {
    const deposits = accountInTime('deposits', [depositsEndMs - dayMs]);
    await deposits.readAt(depositsEndMs - hourMs);
    expect(rest(deposits)).toBe('due');
    await deposits.readAt(depositsEndMs + 3 * dayMs);
    expect(rest(deposits)).toBe('resting');
    expect(rest(deposits, { isChanging: true })).toBe('due');
  });

  test('does not rest once it serves a record dated after that end', async () => {
    const spot = accountInTime('spot-trades', [...trades, spotTradingEndMs + 20 * dayMs]);
    expect(await changes(spot, spotTradingEndMs, [30, 40])).toEqual([[30, 'due']]);
  });
});

describe('a stream with something left to request', () => {
  async function settled(atMs: number): Promise<Account> {
    const spot = accountInTime('spot-trades', [spotTradingEndMs - hourMs]);
    await spot.readAt(spotTradingEndMs + 3 * dayMs);
    await spot.readAt(atMs);
    return spot;
  }
  const left: readonly [string, (clockMs: number) => Partial<PartState>][] = [
    ['was never walked back', () => ({ walkedWith: null })],
    ['is walked back only in part', () => ({ requested: [] })],
    ['has a read under way', (clockMs) => ({ pending: [{ from: clockMs - dayMs, to: clockMs }] })],
    [
      'has a window that failed and may be asked again',
      (clockMs) => ({ marks: [{ from: 0, to: 1, reason: 'unanswered', askAgainMs: clockMs }] }),
    ],
    [
      'has a window that is being narrowed',
      () => ({ marks: [{ from: 0, to: 1, reason: 'unexpected-answer', narrowing: true }] }),
    ],
    ['was not read through', () => ({ readThrough: false })],
  ];
  test.each(left)('%s: it neither rests nor is closed', async (_, more) => {
    for (const atMs of [spotTradingEndMs + 9 * dayMs, platformEndMs + hourMs]) {
      const spot = await settled(atMs);
      expect(rest(spot)).not.toBe('due');
      const states = spot.states().map((state) => ({ ...state, ...more(atMs) }));
      expect(rest({ ...spot, states: () => states })).toBe('due');
    }
  });

  test('rests while a window that failed waits for its time', async () => {
    const spot = await settled(spotTradingEndMs + 9 * dayMs);
    const [state] = spot.states();
    const mark = { from: 0, to: 1, reason: 'unanswered', askAgainMs: spot.exchange.atMs + 1 } as const;
    const waiting = { ...(state as PartState), marks: [mark] };
    expect(rest({ ...spot, states: () => [waiting] })).toBe('resting');
  });
});

describe('a stream without an end of its own', () => {
  test.each(['futures-trades', 'futures-flows', 'withdrawals'])(
    '%s is due until the platform has ended, and closed by what was read after that',
    async (name) => {
      const account = accountInTime(name, []);
      expect(await changes(account, spotTradingEndMs, [0, 10])).toEqual([[0, 'due']]);
      await account.readAt(platformEndMs + hourMs);
      expect(rest(account)).toBe('due');
      await account.readAt(platformEndMs + 25 * hourMs);
      expect(rest(account)).toBe('closed');
    },
  );

  test('is always due where the platform has no end', async () => {
    const account = accountInTime('withdrawals', []);
    await account.readAt(platformEndMs + 9 * dayMs);
    for (const unknown of [null, { ...timetable, platformEndMs: null }]) {
      expect(rest(account, { settings: { ...settings, timetable: unknown } })).toBe('due');
    }
  });
});

describe('a stream whose records are rare', () => {
  const readMs = Date.UTC(2026, 5, 1);
  const pastEnd = { settings: { ...settings, timetable: null } };
  async function read(): Promise<Account> {
    const rare = accountInTime('transfers', [readMs - 40 * dayMs]);
    await rare.readAt(readMs);
    return rare;
  }

  test('is read once a day, whether or not its exchange has an end', async () => {
    const rare = await read();
    for (const more of [pastEnd, {}]) {
      expect(rest(rare, { ...more, clockMs: readMs + 23 * hourMs })).toBe('resting');
      expect(rest(rare, { ...more, clockMs: readMs + 24 * hourMs })).toBe('due');
    }
    expect(rest(rare, { clockMs: platformEndMs })).toBe('due');
  });

  test('is due while one of its records may change, something is unread, or another key is in use', async () => {
    const rare = await read();
    expect(rest(rare, { isChanging: true })).toBe('due');
    expect(rest(rare, { keyId: 'key' })).toBe('resting');
    expect(rest(rare, { keyId: 'another' })).toBe('due');
    const [state] = rare.states() as [PartState];
    expect(rest({ ...rare, states: () => [{ ...state, requested: [] }] })).toBe('due');
    expect(rest({ ...rare, states: () => [] })).toBe('due');
  });

  test('rests as well where the key may not read it', async () => {
    const rare = await read();
    const [state] = rare.states() as [PartState];
    const atMs = readMs + dayMs;
    const refused = { ...refuseRead({ ...state, readEndMs: atMs }, { reason: 'refused' }), requested: [] };
    expect(rest({ ...rare, states: () => [refused] }, { clockMs: atMs + 23 * hourMs })).toBe('resting');
    expect(rest({ ...rare, states: () => [refused] }, { clockMs: atMs + 24 * hourMs })).toBe('due');
  });
});
