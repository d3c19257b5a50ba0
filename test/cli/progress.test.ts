import { describe, expect, test } from 'vitest';
import { progressLine, progressOn } from '../../src/cli/progress.ts';
import { durationText } from '../../src/duration.ts';

const state = {
  title: 'Exporting',
  unit: 'rows',
  done: 1_200,
  total: 5_000,
  share: 0.24,
  donePerSecond: 410,
  sharePerSecond: 0.082,
  elapsedMs: 3_000,
};

test.each([
  [{}, 'Exporting: 24 %, 1,200 of 5,000 rows, 410 rows/s, about 9 s left'],
  [{ total: undefined }, 'Exporting: 24 %, 1,200 rows, 410 rows/s, about 9 s left'],
  [{ total: undefined, share: null, sharePerSecond: null }, 'Exporting: 1,200 rows, 410 rows/s, for 3 s'],
  // Nothing is promised before there is a rate, or while nothing moves.
  [{ donePerSecond: null, sharePerSecond: null }, 'Exporting: 24 %, 1,200 of 5,000 rows, for 3 s'],
  [{ donePerSecond: 0, sharePerSecond: 0 }, 'Exporting: 24 %, 1,200 of 5,000 rows, for 3 s'],
  [{ donePerSecond: -4, sharePerSecond: -0.1 }, 'Exporting: 24 %, 1,200 of 5,000 rows, for 3 s'],
  [{ done: 5_000, share: 1 }, 'Exporting: 100 %, 5,000 of 5,000 rows, 410 rows/s'],
  [{ done: 0, total: 0, share: null, donePerSecond: null }, 'Exporting: 0 of 0 rows, for 3 s'],
  [{ unit: undefined, total: undefined, share: null }, 'Exporting: for 3 s'],
])('%j', (more, line) => {
  expect(progressLine({ ...state, ...more })).toBe(line);
});

test.each([
  [0, '0 s'],
  [89_400, '89 s'],
  [90_000, '2 min'],
  [3_600_000, '1 h'],
  [7_800_000, '2 h 10 min'],
  [356_400_000, '4 d 3 h'],
  [5_886_000_000, '68 d'],
])('%i ms are %s', (durationMs, text) => expect(durationText(durationMs)).toBe(text));

describe('a progress on a stream', () => {
  function onStream(isTTY: boolean, columns = 80) {
    const written: string[] = [];
    const clock = { ms: 0 };
    const stream = { isTTY, columns, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
    return { written, clock, progress: progressOn(stream, { title: 'Reading', unit: 'rows', nowMs: () => clock.ms }) };
  }

  test('is one line that moves on a terminal, never wider than it, and is gone at the end', () => {
    const { written, clock, progress } = onStream(true, 30);
    for (clock.ms = 0; clock.ms <= 10_000; clock.ms += 10) progress.report({ done: clock.ms, total: 20_000 });
    progress.end();
    expect(written.join('')).not.toContain('\n');
    expect(written.length).toBeLessThan(80);
    for (const line of written) expect(line.replace('\r\u001b[K', '').length).toBeLessThan(30);
    expect(written.at(-1)).toBe('\r\u001b[K');
  });

  test('elsewhere is a plain line every ten seconds, so that short work leaves none', () => {
    const { written, clock, progress } = onStream(false);
    for (clock.ms = 0; clock.ms < 10_000; clock.ms += 100) progress.report({ done: clock.ms });
    expect(written).toEqual([]);
    for (; clock.ms <= 20_000; clock.ms += 100) progress.report({ done: clock.ms, total: 40_000 });
    progress.end();
    expect(written).toEqual([
      'Reading: 25 %, 10,000 of 40,000 rows, 1,000 rows/s, for 10 s\n',
      'Reading: 50 %, 20,000 of 40,000 rows, 1,000 rows/s, about 20 s left\n',
    ]);
  });

  test('goes by the rate of the last half minute, and not by what was there before it began', () => {
    const { written, clock, progress } = onStream(false);
    const doneAt = (ms: number) => 50_000 + (ms < 60_000 ? ms : 60_000 + (ms - 60_000) / 10);
    for (clock.ms = 0; clock.ms <= 120_000; clock.ms += 50) progress.report({ done: doneAt(clock.ms) });
    expect(written[0]).toContain(', 1,000 rows/s');
    expect(written.at(-1)).toContain(', 100 rows/s');
  });
});
