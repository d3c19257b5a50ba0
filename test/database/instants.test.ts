import { expect, test } from 'vitest';
import { rangeSetOf } from '../../src/database/instants.ts';

test('a multirange of half-open ranges is read, with infinity as a bound', () => {
  const text = '{[-infinity,"1970-01-01 00:00:00+00"),["1970-01-01 00:00:01+00","1970-01-01 00:00:01.5+00")}';
  expect(rangeSetOf(text)).toEqual([
    { from: Number.NEGATIVE_INFINITY, to: 0 },
    { from: 1_000, to: 1_500 },
  ]);
  expect(rangeSetOf('{}')).toEqual([]);
});

const instant = '"1970-01-01 00:00:00+00"';
test.each(['{(,)}', `{(,${instant})}`, `{[${instant},)}`, `{[${instant},${instant}]}`, `{(${instant},infinity)}`, ''])(
  'ranges that are not half-open are refused: %s',
  (text) => {
    expect(() => rangeSetOf(text)).toThrow(/Postgres answered with/);
  },
);
