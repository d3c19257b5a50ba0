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
