import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { KeyCheckResult, SyncResult } from '../../src/activities/contract.ts';
import { nextDueMs, retryDueMs } from '../../src/history/due-time.ts';
import { type AccountState, newAccountState, upgrade } from '../../src/workflows/account-state.ts';
import { afterSyncRequest } from '../../src/workflows/after-command.ts';
import { afterFailedKeyCheck, afterKeyCheck } from '../../src/workflows/after-key-check.ts';
import { afterExpiryLook, afterFailedSync, afterInterruption, afterSync } from '../../src/workflows/after-sync.ts';
import { nextStep } from '../../src/workflows/next-step.ts';
import { rangeRefusal } from '../../src/workflows/refusals.ts';
import { runIsLong } from '../../src/workflows/run-length.ts';

const knowsEarlierReleases = vi.hoisted(() => vi.fn(() => true));
vi.mock('../../src/workflows/versions.ts', () => ({ knowsEarlierReleases }));

const accountId = 'account-1';
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const start = Date.UTC(2026, 10, 1);

function keyResult(change: Partial<KeyCheckResult> = {}): KeyCheckResult {
  return {
    outcome: 'accepted',
    subject: 'candidate',
    keyId: 'k1',
    accountId,
    ownerId: 'alice',
    label: null,
    status: 'backfilling',
    linked: true,
    paused: false,
    alreadyLinked: false,
    readOnly: true,
    permissions: [],
    keyExpiresAt: null,
    problems: [],
    lanes: [['spot-trades'], ['withdrawals', 'deposits']],
    everythingReadThrough: false,
    ...change,
  };
}

function syncResult(nowMs: number, change: Partial<SyncResult> = {}): SyncResult {
  return {
    streams: [{ stream: 'spot-trades', rows: 1, from: null, through: null, gaps: 0 }],
    done: true,
    finished: [],
    key: 'works',
    failed: false,
    everythingReadThrough: true,
    nextSyncAt: new Date(nextDueMs(accountId, nowMs, hourMs, () => 0.5)).toISOString(),
    historyAtRiskAt: null,
    completeThrough: null,
    candidateWaiting: false,
    problems: [],
    ...change,
  };
}

const linked = afterKeyCheck(newAccountState(start), accountId, keyResult(), start);
const live = afterSync(linked, [syncResult(start)], start);

describe('the next step', () => {
  test('a new account checks its key first, then reads its stream groups in parallel, then waits for its next sync', () => {
    expect(nextStep(newAccountState(start), start)).toEqual({ kind: 'check-key' });
    expect(nextStep(linked, start)).toEqual({
      kind: 'backfill',
      lanes: [['spot-trades'], ['withdrawals', 'deposits']],
    });
    expect(nextStep(live, start)).toMatchObject({ kind: 'wait', why: 'the next sync' });
    expect(nextStep(live, start + 2 * hourMs)).toEqual({
      kind: 'sync',
      streams: ['spot-trades', 'withdrawals', 'deposits'],
    });
  });

  test('a chunk that ended before everything was read continues at once', () => {
    const partly = afterSync(linked, [syncResult(start, { done: false, everythingReadThrough: false })], start);
    expect(nextStep(partly, start).kind).toBe('backfill');
  });

  test('interrupted reading continues at once, although another stream group was done', () => {
    const cut = afterInterruption(
      afterSync(linked, [syncResult(start, { everythingReadThrough: false })], start),
      start,
    );
    expect(nextStep(cut, start).kind).toBe('backfill');
    expect(nextStep({ ...cut, paused: true }, start).kind).toBe('wait');
  });

  test('a request is served by a sync that began after it and read every stream group to its end', () => {
    const asked = afterSyncRequest(live, start);
    const served = (groups: number, requests: number, done = true) =>
      afterSync(asked, [syncResult(start, { done })], start, { requests, groups });
    expect(served(1, 1)).toMatchObject({ syncsRequested: 1, syncsServed: 1 });
    expect(nextStep(served(1, 1), start).kind).toBe('wait');
    for (const state of [served(1, 0), served(2, 1), served(1, 1, false)]) expect(state.syncsServed).toBe(0);
    expect(nextStep(served(1, 0), start).kind).toBe('sync');
  });

  test('what 0.2.0 carried over of a request is still due', () => {
    expect(upgrade({ v: 1, everythingDue: true }, start)).toMatchObject({ syncsRequested: 1, syncsServed: 0 });
    expect(upgrade({ v: 1, syncsRequested: 5, syncsServed: 5 }, start)).toMatchObject({ syncsRequested: 5 });
  });

  test('a failing stream group does not delay the others', () => {
    const failed = syncResult(start, {
      failed: true,
      done: false,
      everythingReadThrough: false,
      nextSyncAt: new Date(retryDueMs(start, 0, hourMs)).toISOString(),
    });
    const state = afterSync(linked, [syncResult(start, { everythingReadThrough: false }), failed], start);
    expect(nextStep(state, start).kind).toBe('wait');
    expect(nextStep(state, start + 30_000)).toMatchObject({ kind: 'backfill', lanes: linked.lanes });
  });

  test('a stream that a later release reads as well is read at once, and the account is backfilling until then', () => {
    const lanes = [...linked.lanes, ['futures-flows']];
    const reported = afterSync(live, [syncResult(start, { lanes, everythingReadThrough: false })], start);
    expect(reported.status).toBe('backfilling');
    expect(nextStep(reported, start)).toEqual({ kind: 'backfill', lanes });
    const read = afterSync(reported, [syncResult(start, { lanes })], start);
    expect(read.status).toBe('live');
    expect(nextStep({ ...read, syncDueMs: start }, start)).toEqual({ kind: 'sync', streams: lanes.flat() });
    expect(nextStep(read, start).kind).toBe('wait');
  });

  test('a worker of an earlier release takes no stream from an account; its sync is repeated at once, and serves no request', () => {
    const lanes = [...linked.lanes, ['transfers']];
    const later = afterSync(live, [syncResult(start, { lanes, everythingReadThrough: false })], start);
    const asked = afterSyncRequest(later, start);
    const earlier = syncResult(start, { lanes: linked.lanes, done: false });
    const state = afterSync(asked, [earlier], start);
    expect(state).toMatchObject({ lanes, status: 'backfilling', backfilled: false, syncsServed: 0 });
    expect(nextStep(state, start)).toEqual({ kind: 'backfill', lanes });
    const checked = afterKeyCheck(state, accountId, keyResult({ everythingReadThrough: true }), start);
    expect(checked).toMatchObject({ lanes, backfilled: false });
    expect(afterSync(state, [syncResult(start, { lanes })], start)).toMatchObject({ status: 'live', syncsServed: 1 });
  });

  test('a sync that reports new streams serves no request: they are still unread', () => {
    const asked = afterSyncRequest(live, start);
    const state = afterSync(asked, [syncResult(start, { lanes: [...linked.lanes, ['transfers']] })], start);
    expect(state).toMatchObject({ syncsRequested: 1, syncsServed: 0 });
    expect(nextStep(state, start).kind).not.toBe('wait');
  });

  test('after eight syncs by workers of an earlier release, the release counts as rolled back', () => {
    let state = afterSync(live, [syncResult(start, { lanes: [...linked.lanes, ['transfers']] })], start);
    let tries = 0;
    const earlier = syncResult(start, { lanes: linked.lanes, done: false });
    for (; state.lanes.length > linked.lanes.length; tries++) state = afterSync(state, [earlier], start);
    expect(tries).toBe(8);
    expect(nextStep(afterSync(state, [{ ...earlier, done: true }], start), start).kind).toBe('wait');
  });

  test('a run of 0.2.0 goes on as it began: a worker that reads fewer streams takes the others from the account', () => {
    const lanes = [...linked.lanes, ['transfers']];
    const later = afterSync(live, [syncResult(start, { lanes })], start);
    knowsEarlierReleases.mockReturnValueOnce(false).mockReturnValueOnce(false);
    const state = afterSync(later, [syncResult(start, { lanes: linked.lanes })], start);
    expect(state).toMatchObject({ lanes: linked.lanes, leftUnread: 0 });
    expect(nextStep(state, start).kind).toBe('wait');
  });

  test('results of the previous release, which reported no streams, do not change what is read', () => {
    expect(afterSync(live, [syncResult(start)], start).lanes).toEqual(live.lanes);
  });

  test('a first key that is refused ends the workflow; a later one changes nothing', () => {
    const refused = keyResult({ outcome: 'refused', linked: false, status: 'unlinked' });
    expect(nextStep(afterKeyCheck(newAccountState(start), accountId, refused, start), start)).toEqual({
      kind: 'end',
      reason: 'refused',
    });
    const later = afterKeyCheck(
      live,
      accountId,
      keyResult({ outcome: 'refused', status: 'live', everythingReadThrough: true }),
      start,
    );
    expect(later).toMatchObject({ status: 'live', keyRefused: false, ended: null });
  });

  test.each(['nothing', 'refused', 'undecided'] as const)(
    'no answer about a key (%s) ends a linked account',
    (outcome) => {
      for (const status of ['live', 'unlinked'] as const) {
        expect(afterKeyCheck(live, accountId, keyResult({ outcome, status }), start).ended).toBeNull();
      }
    },
  );

  test('a key that goes to another account of the owner ends this one', () => {
    const state = afterKeyCheck(newAccountState(start), accountId, keyResult({ accountId: 'other' }), start);
    expect(nextStep(state, start)).toEqual({ kind: 'end', reason: { handedTo: 'other' } });
  });

  test('a refused key in use is checked a second time before it needs attention, then at growing intervals', () => {
    const suspicious = afterSync(live, [syncResult(start, { key: 'refused', done: false })], start);
    expect(suspicious.status).toBe('live');
    expect(nextStep(suspicious, start)).toEqual({ kind: 'check-key' });
    let state: AccountState = { ...suspicious, expiryDueMs: Number.POSITIVE_INFINITY };
    let nowMs = start;
    const pauses: number[] = [];
    for (let look = 0; look < 6; look++) {
      state = afterKeyCheck(
        state,
        accountId,
        keyResult({ outcome: 'refused', subject: 'key-in-use', status: 'needs-attention' }),
        nowMs,
      );
      expect(state.status).toBe('needs-attention');
      const step = nextStep(state, nowMs);
      if (step.kind !== 'wait') throw new Error(`${step.kind} instead of waiting`);
      pauses.push(step.delayMs / minuteMs);
      nowMs += step.delayMs;
      expect(nextStep(state, nowMs)).toEqual({ kind: 'check-key' });
    }
    expect(pauses).toEqual([5, 15, 60, 360, 360, 360]);
    const again = afterKeyCheck(
      state,
      accountId,
      keyResult({ subject: 'key-in-use', everythingReadThrough: true }),
      nowMs,
    );
    expect(again).toMatchObject({ status: 'live', keyRefused: false });
    expect(nextStep(again, nowMs).kind).toBe('sync');
  });

  test('a key that is refused after checks without an answer is checked again as soon as any other', () => {
    let state: AccountState = live;
    for (let check = 0; check < 5; check++) state = afterFailedKeyCheck(state, start);
    const refusal = keyResult({ outcome: 'refused', subject: 'key-in-use', status: 'needs-attention' });
    expect(nextStep(afterKeyCheck(state, accountId, refusal, start), start)).toMatchObject({ delayMs: 5 * minuteMs });
  });

  test('a run of 0.2.0 counts checks without an answer as refusals, so a pause is replayed as a pause', () => {
    const undecided = afterFailedKeyCheck(live, start);
    const refusal = keyResult({ outcome: 'refused', subject: 'key-in-use', status: 'needs-attention' });
    const refused = afterKeyCheck({ ...undecided, keyRefused: true }, accountId, refusal, start);
    expect(refused).toMatchObject({ keyLooks: 2, keyDueMs: start + 15 * minuteMs });
    expect(nextStep(refused, start + 7 * minuteMs).kind).toBe('wait');
  });

  test('where another key waits, a refused one delays the next check no longer than that key needs', () => {
    const refusal = { outcome: 'refused', status: 'needs-attention' } as const;
    const inUse = { ...refusal, subject: 'key-in-use' } as const;
    let state: AccountState = live;
    for (let check = 0; check < 4; check++) state = afterKeyCheck(state, accountId, keyResult(inUse), start);
    const dueAfter = (result: Partial<KeyCheckResult>) =>
      ((afterKeyCheck(state, accountId, keyResult(result), start).keyDueMs as number) - start) / minuteMs;
    expect(dueAfter(inUse)).toBe(360);
    expect(dueAfter({ ...inUse, lookAgainMs: 15 * minuteMs })).toBe(15);
    expect(dueAfter({ ...refusal, lookAgainMs: 0 })).toBe(0);
    expect(dueAfter({ ...refusal, outcome: 'superseded', lookAgainMs: 96 * hourMs })).toBe(360);
  });

  test('a key that only syncs find refused does not loop', () => {
    let state = live;
    let nowMs = start;
    let reads = 0;
    while (nowMs < start + 24 * hourMs) {
      const step = nextStep(state, nowMs);
      if (step.kind === 'wait') nowMs += step.delayMs;
      else if (step.kind === 'check-key')
        state = afterKeyCheck(
          state,
          accountId,
          keyResult({ subject: 'key-in-use', everythingReadThrough: true }),
          nowMs,
        );
      else {
        reads++;
        state = afterSync(state, [syncResult(nowMs, { key: 'refused', done: false })], nowMs);
      }
    }
    expect(reads).toBeLessThan(24 * 5);
  });

  test('paused: nothing is read until resumed, and a wake-up only looks for a key', () => {
    const paused = { ...live, paused: true } as const;
    expect(nextStep(paused, start + hourMs)).toMatchObject({ kind: 'wait' });
    expect(nextStep(afterSyncRequest(paused, start), start)).toEqual({ kind: 'check-key' });
    expect(nextStep(afterSyncRequest(live, start), start).kind).toBe('sync');
  });

  test('a key that is accepted is read with unless the database says that the account is paused', () => {
    const remembered = { ...live, paused: true } as const;
    const relinked = afterKeyCheck(remembered, accountId, keyResult({ paused: false }), start);
    expect(relinked).toMatchObject({ paused: false, status: 'backfilling' });
    expect(nextStep(relinked, start).kind).toBe('backfill');
    expect(afterKeyCheck(live, accountId, keyResult({ paused: true }), start)).toMatchObject({ status: 'paused' });
    const undecided = keyResult({ outcome: 'undecided', paused: false });
    expect(afterKeyCheck(remembered, accountId, undecided, start)).toMatchObject({ paused: true });
  });

  test('the next key check comes when the last one said, between two syncs and while paused', () => {
    const look = afterKeyCheck(live, accountId, keyResult({ subject: 'key-in-use', lookAgainMs: 48 * hourMs }), start);
    expect(nextStep({ ...look, syncDueMs: start + 50 * hourMs }, start + 47 * hourMs)).toMatchObject({
      kind: 'wait',
      delayMs: hourMs,
    });
    expect(nextStep({ ...look, paused: true }, start + 48 * hourMs)).toEqual({ kind: 'check-key' });
    const doubted = { outcome: 'undecided', subject: 'key-in-use', status: 'live', lookAgainMs: 10_000 } as const;
    const again = afterKeyCheck({ ...live, syncDueMs: start + 30_000 }, accountId, keyResult(doubted), start);
    expect(again).toMatchObject({ status: 'live', keyRefused: false });
    expect(nextStep(again, start)).toMatchObject({ kind: 'wait', delayMs: 10_000 });
    expect(nextStep(again, start + 10_000)).toEqual({ kind: 'check-key' });
  });

  test('a failure of our own parts is retried at growing intervals', () => {
    const failed = afterFailedSync(live, start);
    expect(nextStep(failed, start)).toMatchObject({ kind: 'wait', delayMs: 30_000 });
    expect(nextStep(afterFailedKeyCheck(newAccountState(start), start), start)).toMatchObject({
      kind: 'wait',
      delayMs: 30_000,
    });
  });
});

describe('over simulated months', () => {
  test('whatever happens, no wait is longer than six hours or shorter than a second, and runs stay short', () => {
    const event = fc.constantFrom('fine', 'failed', 'unfinished', 'key', 'woken', 'paused', 'resumed', 'broken');
    fc.assert(
      fc.property(fc.array(event, { minLength: 20, maxLength: 300 }), (events) => {
        let state = linked;
        let nowMs = start;
        let steps = { syncs: 0, waits: 0 };
        for (const happening of events) {
          if (happening === 'woken') state = afterSyncRequest(state, nowMs);
          if (happening === 'paused') state = { ...state, paused: true };
          if (happening === 'resumed') state = { ...state, paused: false };
          const step = nextStep(state, nowMs);
          const kind = step.kind === 'sync' || step.kind === 'backfill' ? 'syncs' : 'waits';
          steps = { ...steps, [kind]: steps[kind] + 1 };
          if (runIsLong(steps, 0)) steps = { syncs: 0, waits: 0 };
          expect(steps.syncs).toBeLessThan(12);
          expect(steps.syncs + steps.waits).toBeLessThan(40);
          if (step.kind === 'wait') {
            expect(step.delayMs).toBeGreaterThanOrEqual(1_000);
            expect(step.delayMs).toBeLessThanOrEqual(6 * hourMs);
            nowMs += step.delayMs;
          } else if (step.kind === 'check-key') {
            const refused = keyResult({ outcome: 'refused', subject: 'key-in-use', status: 'needs-attention' });
            state =
              happening === 'broken'
                ? afterFailedKeyCheck(state, nowMs)
                : afterKeyCheck(
                    state,
                    accountId,
                    happening === 'key' ? refused : keyResult({ subject: 'key-in-use' }),
                    nowMs,
                  );
          } else if (happening === 'broken') {
            state = afterFailedSync(state, nowMs);
          } else {
            const failed = happening === 'failed' && {
              failed: true,
              done: false,
              nextSyncAt: new Date(retryDueMs(nowMs, state.failures, hourMs)).toISOString(),
            };
            const other =
              happening === 'unfinished'
                ? { done: false }
                : happening === 'key'
                  ? { key: 'refused' as const, done: false }
                  : {};
            state = afterSync(state, [syncResult(nowMs, { ...other, ...(failed || {}) })], nowMs);
          }
          // What one run hands to the next is understood there.
          expect(upgrade(JSON.parse(JSON.stringify(state)), nowMs)).toEqual(state);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('left alone for ninety days, an hourly account syncs once an hour', () => {
    let state = live;
    let nowMs = start;
    let syncs = 0;
    while (nowMs < start + 90 * 24 * hourMs) {
      const step = nextStep(state, nowMs);
      if (step.kind === 'wait') nowMs += step.delayMs;
      else {
        syncs++;
        state = afterSync(state, [syncResult(nowMs)], nowMs);
      }
    }
    expect(syncs).toBeGreaterThan(90 * 24 * 0.9);
    expect(syncs).toBeLessThanOrEqual(90 * 24 * 1.1);
  });
});

test('due times of many accounts spread over the whole interval, and stay spread after an outage', () => {
  const due = Array.from({ length: 10_000 }, (_, i) => nextDueMs(`account-${i}`, start, hourMs, Math.random) - start);
  const perMinute = new Map<number, number>();
  for (const ms of due)
    perMinute.set(Math.floor(ms / minuteMs) % 60, (perMinute.get(Math.floor(ms / minuteMs) % 60) ?? 0) + 1);
  expect(Math.max(...perMinute.values())).toBeLessThan(350);
  expect(perMinute.size).toBe(60);
});

describe('an account that is not read', () => {
  const paused = { ...live, paused: true } as const;

  test('is looked at for what has expired every six hours, and shows what is at risk then', () => {
    const stepOf = (account: AccountState, nowMs: number) => nextStep({ ...account, keyDueMs: null }, nowMs).kind;
    expect(stepOf(live, start + 100 * hourMs)).not.toBe('note-expiry');
    expect(stepOf({ ...live, keyRefused: true }, start + 7 * hourMs)).toBe('note-expiry');
    expect(stepOf({ ...paused, stops: 1 }, start + 7 * hourMs)).toBe('wait');
    let looks = 0;
    let state: AccountState = paused;
    for (let nowMs = start; nowMs < start + 10 * 24 * hourMs; ) {
      if (nextStep(state, nowMs).kind === 'note-expiry') {
        looks++;
        state = afterExpiryLook(state, { historyAtRiskAt: new Date(nowMs).toISOString() }, nowMs);
        expect(state.historyAtRiskAt).toBe(new Date(nowMs).toISOString());
      }
      const step = nextStep(state, nowMs);
      if (step.kind !== 'wait') throw new Error(`${step.kind} instead of waiting`);
      nowMs += step.delayMs;
    }
    expect(looks).toBe(39);
  });

  test('ends when the exchange has closed', () => {
    const state = afterExpiryLook(paused, { historyAtRiskAt: null, closed: true }, start + 7 * hourMs);
    expect(nextStep(state, start + 7 * hourMs)).toEqual({ kind: 'end', reason: 'closed' });
    expect(state).toMatchObject({ status: 'closed', historyAtRiskAt: null });
  });

  test('keeps its state if the expiry check failed, and is checked later', () => {
    const state = afterExpiryLook(paused, null, start + 7 * hourMs);
    expect(state).toMatchObject({ historyAtRiskAt: paused.historyAtRiskAt, status: paused.status });
    expect(nextStep({ ...state, keyDueMs: null }, start + 14 * hourMs).kind).toBe('note-expiry');
  });
});

test('a sync that finds the exchange closed ends the account', () => {
  const state = afterSync(live, [syncResult(start, { closed: true })], start);
  expect(nextStep(state, start)).toEqual({ kind: 'end', reason: 'closed' });
});

describe('a range that is to be read again', () => {
  const range = {
    stream: 'spot-trades',
    from: new Date(start - 2 * hourMs).toISOString(),
    to: new Date(start - hourMs).toISOString(),
  };
  test.each([
    ['an unknown stream', live, { ...range, stream: 'orders' }, 'spot-trades, withdrawals'],
    ['an end before its start', live, { ...range, to: range.from }, 'the first before the second'],
    ['no times', live, { ...range, from: 'then' }, 'the first before the second'],
    ['a future end', live, { ...range, to: new Date(start + hourMs).toISOString() }, 'in the future'],
    ['a paused account', { ...live, paused: true }, range, 'resume it first'],
    ['a refused key', { ...live, keyRefused: true }, range, 'no key that works'],
  ])('is refused with %s', (_what, state, request, words) => {
    expect(rangeRefusal(state, request, start)).toContain(words);
  });
  test('is read otherwise', () => expect(rangeRefusal(live, range, start)).toBeNull());
});
