import type { AccountVerdict } from './compare-account.ts';
import { mistakesOf, type StreamVerdict } from './compare-stream.ts';

const columns: readonly (readonly [title: string, width: number, value: (verdict: StreamVerdict) => number])[] = [
  ['happened', 9, (verdict) => verdict.records],
  ['stored', 8, (verdict) => verdict.stored],
  ['lost', 5, (verdict) => verdict.lost],
  ['doubled', 8, (verdict) => verdict.doubled],
  ['invented', 9, (verdict) => verdict.invented],
  ['different', 10, (verdict) => verdict.different],
  ['false', 7, (verdict) => verdict.falselyClaimed],
];
// As long as the longest stream, indented.
const nameWidth = 23;

/** The comparison as lines of less than 80 columns. */
export function verdictTable(verdicts: readonly AccountVerdict[]): readonly string[] {
  const title = columns.map(([name, width]) => name.padStart(width)).join('');
  return [
    ''.padEnd(nameWidth) + title,
    ...verdicts.flatMap(({ owner, streams }) => [owner, ...streams.map(lineOf)]),
    ...verdicts.flatMap(({ streams }) => streams.flatMap((verdict) => verdict.examples)),
  ];
}

export function conclusion(verdicts: readonly AccountVerdict[]): readonly [records: string, mistakes: string] {
  const all = verdicts.flatMap(({ streams }) => streams);
  const total = (value: (verdict: StreamVerdict) => number) =>
    all.reduce((sum, verdict) => sum + value(verdict), 0).toLocaleString('en');
  return [
    `${total((verdict) => verdict.records)} records happened, ${total((verdict) => verdict.stored)} are stored:`,
    `${total((verdict) => verdict.lost)} lost, ${total((verdict) => verdict.doubled)} doubled, ` +
      `${total((verdict) => verdict.invented)} invented, ${total((verdict) => verdict.different)} different, ` +
      `${total((verdict) => verdict.falselyClaimed)} falsely claimed.`,
  ];
}

export function isFlawless(verdicts: readonly AccountVerdict[]): boolean {
  return verdicts.every(({ streams }) => streams.every((verdict) => mistakesOf(verdict) === 0));
}

function lineOf(verdict: StreamVerdict): string {
  const numbers = columns.map(([, width, value]) => value(verdict).toLocaleString('en').padStart(width));
  return `  ${verdict.stream.padEnd(nameWidth - 2)}${numbers.join('')}`;
}
