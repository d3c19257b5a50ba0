import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { streams } from '../../src/bitmart/streams/index.ts';
import { gapsOf } from '../../src/history/gaps.ts';
import { mergeParts } from '../../src/history/merge-parts.ts';
import { disclaimed, newPartState, type PartState } from '../../src/history/part-state.ts';
import { covers, difference, intersection, rangeSet, union } from '../../src/history/range-set.ts';
import { beginRead } from '../../src/history/read.ts';
import { defaultReadSettings } from '../../src/history/settings.ts';
import type { Stream } from '../../src/history/stream.ts';
import { beginDivision } from '../../src/history/unit.ts';

const stream = streams.find((one) => one.name === 'spot-trades') as Stream;
const settings = defaultReadSettings;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const now = Date.UTC(2026, 10, 1);
const ago = (days: number) => now - days * dayMs;
const beginning = { stream, settings, keyId: 'key', changingAtMs: [], accountId: 'a' };
const merged = (one: PartState, other: PartState) => mergeParts(one, other, stream, settings);

/** A part that was read through at some day, from its link on. */
function readThrough(linkedDaysAgo: number, readDaysAgo: number): PartState {
  const claimedFromMs = ago(linkedDaysAgo + 88);
  return {
    ...newPartState,
    claimedFromMs,
    covered: [{ from: claimedFromMs, to: ago(readDaysAgo) }],
    lastReadEndMs: ago(readDaysAgo),
    lastReadAtMs: ago(readDaysAgo),
    settledThroughMs: ago(readDaysAgo) - settings.rereadWindowMs,
    readThrough: true,
    boundsHonoured: true,
  };
}

describe('one part out of two', () => {
  test('remembers how late its records came for as long as either would have, also where a read had begun', () => {
    const late = { ...readThrough(90, 80), longestLateMs: 60 * dayMs };
    const alone = beginRead(late, { ...beginning, clockMs: now });
    const both = merged(beginRead(late, { ...beginning, clockMs: ago(1) }), readThrough(2, 80));
    const next = beginRead(both, { ...beginning, clockMs: now });
    expect(next.longestLateMs).toBeGreaterThanOrEqual(0.99 * Number(alone.longestLateMs));
    // A read that ends without an answer has let it decay as well.
    const ended = { ...beginRead(late, { ...beginning, clockMs: ago(1) }), readEndMs: null, lastReadEndMs: ago(1) };
    const after = beginRead(ended, { ...beginning, clockMs: now });
    expect(after.longestLateMs).toBeGreaterThanOrEqual(0.99 * Number(alone.longestLateMs));
  });

  test('of accounts read side by side is covered from the earlier link to the later read', () => {
    const state = merged(readThrough(30, 0.1), readThrough(2, 0.02));
    expect(state).toMatchObject({
      claimedFromMs: ago(118),
      covered: [{ from: ago(118), to: ago(0.02) }],
      lastReadEndMs: ago(0.02),
      settledThroughMs: ago(1.02),
      readThrough: true,
    });
    // The key that stays requests everything older once more.
    expect(gapsOf(state, stream, now).map((gap) => gap.reason)).toEqual(['not-yet-read']);
  });

  test('is settled through a finished sweep only, where the other one knows of later records', () => {
    const late = { ...readThrough(90, 2), longestLateMs: 20 * dayMs };
    const swept = { ...readThrough(90, 1), sweptMs: ago(5) };
    expect(merged(late, swept).settledThroughMs).toBe(ago(45));
    // The sweep in progress has not requested everything yet.
    expect(merged(late, { ...swept, readEndMs: now, sweptMs: now }).settledThroughMs).toBe(swept.claimedFromMs);
  });

  test('is settled no further than either of them, once a late record has shown that it was requested too early', () => {
    const unsettled = { settledThroughMs: ago(26), longestLateMs: 10 * dayMs, sweptMs: ago(6) };
    const later = { ...readThrough(90, 0.04), ...unsettled };
    expect(merged(later, readThrough(90, 1)).settledThroughMs).toBe(ago(26));
    const earlier = { ...readThrough(90, 20), settledThroughMs: ago(60) };
    // What the earlier one requested too early is not covered by the later one, and not requested by it.
    const relinked = { ...readThrough(10, 0), claimedFromMs: ago(40), covered: [{ from: ago(40), to: now }] };
    expect(covers(merged(earlier, relinked).covered, { from: ago(60), to: ago(40) })).toBe(false);
  });

  test('does not vouch for what was read at too young an age and is not looked at again', () => {
    const unlinked = readThrough(60, 50);
    const relinked = { ...readThrough(10, 0), claimedFromMs: ago(40), covered: [{ from: ago(40), to: now }] };
    const state = merged(unlinked, relinked);
    // The last day before it was unlinked was never read again, and the days between were never read.
    expect(difference([{ from: ago(148), to: now }], state.covered)).toEqual([{ from: ago(51), to: ago(40) }]);
    const next = beginRead(state, { stream, clockMs: now, settings, keyId: 'key', changingAtMs: [], accountId: 'a' });
    expect(covers(next.pending, { from: ago(51), to: ago(40) })).toBe(true);
  });

  test('covers whole units, however late rows came', () => {
    const futures = streams.find((one) => one.name === 'futures-trades') as Stream;
    const unlinked = { ...readThrough(60, 50), longestLateMs: 100_000_123 };
    const relinked = { ...readThrough(10, 0), claimedFromMs: ago(40), covered: [{ from: ago(40), to: now }] };
    const { covered } = mergeParts(unlinked, relinked, futures, settings);
    expect(covered.flatMap(({ from, to }) => [from % futures.unitMs, to % futures.unitMs])).toEqual([0, 0, 0, 0]);
  });

  test.each(['quarantined', 'too-dense'] as const)(
    'does not vouch for what is %s in one of them, though the other saw nothing wrong there',
    (reason) => {
      const unit = { from: ago(20), to: ago(20) + 1_000 };
      const sees = disclaimed(readThrough(2, 0.02), [unit], reason);
      for (const state of [merged(readThrough(30, 0.1), sees), merged(sees, readThrough(30, 0.1))]) {
        expect(intersection(state.covered, [unit])).toEqual([]);
        expect(state.marks).toEqual([{ ...unit, reason }]);
      }
    },
  );

  test('does not vouch for a unit that one of them is dividing, and requests it again', () => {
    const unit = { from: ago(20), to: ago(20) + 1 };
    const state = merged(readThrough(30, 0.1), beginDivision(readThrough(2, 0.02), unit));
    expect(intersection(state.covered, [unit])).toEqual([]);
    expect(beginRead(state, { ...beginning, clockMs: now }).pending).toContainEqual(unit);
  });

  test('of two first reads is begun anew, and what either has covered stays so', () => {
    const begun = (readTo: number): PartState => {
      const start = { stream, clockMs: now, settings, keyId: 'key', changingAtMs: [], accountId: 'a' };
      const state = beginRead(newPartState, start);
      return { ...state, covered: [{ from: state.claimedFromMs as number, to: ago(readTo) }] };
    };
    const state = merged(begun(70), begun(20));
    expect(state).toMatchObject({ readEndMs: null, pending: [], walkedWith: null });
    expect(state.covered.at(-1)?.to).toBe(ago(20));
  });

  const instant = fc.integer({ min: 0, max: 120 * 24 }).map((hours) => now - hours * hourMs);
  const ranges = fc
    .array(fc.tuple(instant, instant), { maxLength: 6 })
    .map((pairs) => rangeSet(pairs.map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }))));
  const part = fc
    .record({ claimedFromMs: instant, covered: ranges, lastReadEndMs: fc.option(instant), isReading: fc.boolean() })
    .map(({ claimedFromMs, covered, lastReadEndMs, isReading }): PartState => {
      const inside = intersection(covered, [{ from: claimedFromMs, to: lastReadEndMs ?? now }]);
      const readEndMs = isReading || lastReadEndMs === null ? now : null;
      const pending = readEndMs === null ? [] : difference([{ from: claimedFromMs, to: readEndMs }], inside);
      return { ...newPartState, claimedFromMs, covered: inside, lastReadEndMs, readEndMs, pending };
    });

  test('vouches for nothing that neither vouched for, loses nothing that was settled, and asks for all that is left', () => {
    fc.assert(
      fc.property(part, part, (one, other) => {
        const state = merged(one, other);
        expect(difference(state.covered, union(one.covered, other.covered))).toEqual([]);
        for (const each of [one, other]) {
          const settledTo = (each.lastReadEndMs ?? now) - settings.rereadWindowMs;
          const settled = intersection(each.covered, [{ from: 0, to: settledTo }]);
          expect(difference(settled, state.covered)).toEqual([]);
        }
        expect(merged(other, one).covered).toEqual(state.covered);
        const next = beginRead(state, {
          stream,
          clockMs: now + hourMs,
          settings,
          keyId: 'key',
          changingAtMs: [],
          accountId: 'a',
        });
        const servable = [{ from: Math.max(ago(80), next.claimedFromMs as number), to: now }];
        expect(difference(difference(servable, next.covered), next.pending)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
