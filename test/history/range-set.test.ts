import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  contains,
  covers,
  difference,
  hull,
  intersection,
  type RangeSet,
  rangeSet,
  union,
} from '../../src/history/range-set.ts';

const spanMs = 40;
const ranges = fc
  .array(fc.record({ from: fc.integer({ min: 0, max: spanMs }), to: fc.integer({ min: 0, max: spanMs }) }), {
    maxLength: 8,
  })
  .map(rangeSet);

function instants(set: RangeSet): number[] {
  return Array.from({ length: spanMs + 1 }, (_, i) => i).filter((instant) => contains(set, instant));
}

test('sets behave as sets of instants under union, intersection and difference', () => {
  fc.assert(
    fc.property(ranges, ranges, (a, b) => {
      const [inA, inB] = [new Set(instants(a)), new Set(instants(b))];
      expect(instants(union(a, b))).toEqual([...new Set([...inA, ...inB])].sort((x, y) => x - y));
      expect(instants(intersection(a, b))).toEqual(instants(a).filter((instant) => inB.has(instant)));
      expect(instants(difference(a, b))).toEqual(instants(a).filter((instant) => !inB.has(instant)));
      expect(covers(a, { from: 3, to: 9 })).toBe([3, 4, 5, 6, 7, 8].every((instant) => inA.has(instant)));
    }),
  );
});

test('ranges in any order are the same set', () => {
  const inAnyOrder = ranges.chain((set) =>
    fc.tuple(fc.constant(set), fc.shuffledSubarray([...set], { minLength: set.length })),
  );
  fc.assert(
    fc.property(inAnyOrder, inAnyOrder, ([a, anyA], [b, anyB]) => {
      expect(intersection(anyA, anyB)).toEqual(intersection(a, b));
      expect(difference(anyA, anyB)).toEqual(difference(a, b));
    }),
  );
});

test('results are sorted and never touch, so that equal sets look equal', () => {
  fc.assert(
    fc.property(ranges, ranges, (a, b) => {
      for (const set of [union(a, b), intersection(a, b), difference(a, b)]) {
        for (const [i, range] of set.entries()) {
          expect(range.from).toBeLessThan(range.to);
          if (i > 0) expect((set[i - 1] as { to: number }).to).toBeLessThan(range.from);
        }
      }
    }),
  );
});

test('the hull of nothing is nothing', () => {
  expect(hull([])).toBeNull();
  expect(
    hull(
      rangeSet([
        { from: 3, to: 4 },
        { from: 8, to: 9 },
      ]),
    ),
  ).toEqual({ from: 3, to: 9 });
});
