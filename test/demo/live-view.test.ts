import { expect, test } from 'vitest';
import type { Snapshot, StreamSight } from '../../dev/demo/snapshot.ts';
import { coverageBar } from '../../dev/demo/view/covered-time.ts';
import { frameOf } from '../../dev/demo/view/frame.ts';
import { noPaint, widthOf, wrapped } from '../../dev/demo/view/paint.ts';
import { sparkline } from '../../dev/demo/view/sparkline.ts';
import { TerminalScreen } from '../../dev/demo/view/terminal-screen.ts';

const dayMs = 86_400_000;
const nowMs = Date.UTC(2026, 7, 1);

function stream(name: StreamSight['stream']): StreamSight {
  const read = { fromMs: nowMs - 89 * dayMs, toMs: nowMs - 40 * dayMs };
  return {
    stream: name,
    rows: 14_000,
    records: 16_400,
    requests: 1_234,
    fromMs: nowMs - 89 * dayMs,
    parts: [[read]],
    settledThroughMs: null,
    complete: false,
  };
}

const account = {
  owner: 'alice',
  label: 'Busy trader',
  status: 'backfilling',
  problems: [],
  streams: [
    stream('spot-trades'),
    stream('futures-trades'),
    stream('withdrawals'),
    stream('deposits'),
    stream('futures-flows'),
  ],
  delayMs: 1_234,
} as const;

const snapshot: Snapshot = {
  atMs: nowMs,
  accounts: [account, { ...account, owner: 'bob', delayMs: null }],
  exchange: { requests: 912, refused: 12, requestsPerSecond: 9.3, recentRequests: [0, 3, 9, 10], isDown: true },
  uiUrl: 'http://127.0.0.1:8233',
  notice: 'Temporal hands the pages under way to the second worker in 21 s',
};

test('the live view fits into any terminal', () => {
  for (const width of [20, 35, 39, 50, 60, 79, 119, 200]) {
    for (const height of [3, 8, 12, 23, 60]) {
      const lines = frameOf(snapshot, { width, height }, noPaint);
      expect(lines.length).toBeLessThanOrEqual(height);
      for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
    }
  }
});

test('in 80 columns everything is shown', () => {
  const text = frameOf(snapshot, { width: 79, height: 29 }, noPaint).join('\n');
  expect(text).toMatch(/spot-trades +█+[▓▒░]?·+ +55 % +14,000 of 16,400 +1,234 requests/);
  expect(text).toContain('alice Busy trader  backfilling');
  expect(text).toMatch(/exchange +9\.3 requests\/s .* answers 503 +912 requests, 12 refused/);
});

test('a bar shows each stretch by how much of it is read, all parts together', () => {
  const stretch = { fromMs: 0, toMs: 10 };
  expect(coverageBar([[{ fromMs: 0, toMs: 4 }]], stretch, 5)).toBe('██···');
  expect(coverageBar([[{ fromMs: 0, toMs: 3 }]], stretch, 5)).toBe('█▒···');
  expect(coverageBar([[{ fromMs: 0, toMs: 10 }], []], stretch, 5)).toBe('▒▒▒▒▒');
});

test('small things', () => {
  expect(sparkline([0, 1, 2])).toBe(' ▄█');
  expect(wrapped('  one two three', 9, 2)).toEqual(['  one two', '  three']);
});

test('lines stay above the view, which is erased and drawn again', () => {
  const written: string[] = [];
  const screen = new TerminalScreen({ columns: 80, rows: 40, write: (text) => written.push(text) }, noPaint);
  screen.show(snapshot);
  screen.say('first');
  screen.say('second');
  const lines = frameOf(snapshot, { width: 79, height: 39 }, noPaint).length;
  expect(written.at(-1)).toContain(`\x1b[${lines}F\x1b[J 0:00  second`);
  screen.close();
  expect(written.at(-1)).toBe('\x1b[?25h');
});
