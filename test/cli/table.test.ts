import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { table } from '../../src/cli/table.ts';

test.each([
  ['Japanese', '私の口座', 8],
  ['Korean', '내 계좌', 7],
  ['an emoji of several code points', '👩‍🚀', 2],
  ['a letter with a combining accent', 'e\u0301', 1],
  ['colours', '\u001b[31mred\u001b[39m', 3],
])('a cell in %s takes as much space as a terminal gives it', (_, label, width) => {
  const lines = table(
    [{ title: 'label' }, { title: 'status' }],
    [
      [label, 'live'],
      ['x', 'live'],
    ],
  ).split('\n');
  const labelWidth = Math.max(width, 'label'.length);
  expect(lines[1]).toBe(`${label}${' '.repeat(labelWidth - width)}  live`);
  expect(lines[2]).toBe(`x${' '.repeat(labelWidth - 1)}  live`);
});

test('a table fits 80 columns: of columns that may be cut, the widest ones are', () => {
  const id = '9di8uzx8u3kx6yecvq4dmwebv5';
  const label = '私の口座'.repeat(20);
  const lines = table(
    [
      { title: 'account' },
      { title: 'owner', isFlexible: true },
      { title: 'label', isFlexible: true },
      { title: 'at risk' },
    ],
    [[id, 'alice@example.com', label, '2026-11-24']],
  ).split('\n');
  for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(80);
  expect(lines[1]).toMatch(/^9di8uzx8u3kx6yecvq4dmwebv5 {2}alice@example\.com {2}[私の口座]+… +2026-11-24$/);
});
