import { describe, expect, test } from 'vitest';
import { parseTimetable } from '../../src/bitmart/timetable.ts';

describe('BITMART_TIMETABLE', () => {
  const endMs = Date.UTC(2026, 7, 26, 1);
  const end = new Date(endMs).toISOString();
  const unknown = { depositsEndMs: null, spotTradingEndMs: null, futuresTradingEndMs: null, platformEndMs: null };

  test.each([
    ['none', null],
    ['{}', unknown],
    [`{"platformEnd":"${end}"}`, { ...unknown, platformEndMs: endMs }],
    [`{"spotTradingEnd":"${end}","futuresTradingEnd":null}`, { ...unknown, spotTradingEndMs: endMs }],
    [
      `{"futuresTradingEnd":"${end}","depositsEnd":"${end}"}`,
      { ...unknown, futuresTradingEndMs: endMs, depositsEndMs: endMs },
    ],
    [`{"tradingEnd":"${end}"}`, { ...unknown, spotTradingEndMs: endMs }],
  ])('%s gives each end that it names, and leaves the others unknown', (text, timetable) => {
    expect(parseTimetable(text)).toEqual(timetable);
  });

  test.each([
    ['soon', 'is not a timetable'],
    ['null', 'is not a timetable'],
    ['[]', 'is not a timetable'],
    ['{"platformEnd":"soon"}', 'has no date for platformEnd'],
    ['{"platformEnd":20270131}', 'has no date for platformEnd'],
    ['{"platfromEnd":null}', 'has no end "platfromEnd"'],
    ['{"toString":null}', 'has no end "toString"'],
  ])('%s is refused with what is wrong and what is expected', (text, message) => {
    expect(() => parseTimetable(text)).toThrow(message);
    expect(() => parseTimetable(text)).toThrow('"spotTradingEnd"');
  });
});
