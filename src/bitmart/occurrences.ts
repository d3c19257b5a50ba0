import { isFull } from '../history/judge-page.ts';
import { recordKeyOf } from '../history/record-key.ts';
import type { Page, ServedRow, Stream } from '../history/stream.ts';
import type { BitmartStream } from './bitmart-stream.ts';
import { digestOf } from './served-rows.ts';

/**
 * Records without a trustworthy id are identified by their whole content, and equal ones of one answer by counting: the first
 * is occurrence 1, the second 2. They share one instant, so no window separates them, and a later answer with as many equal
 * records gives the same occurrences. They are counted in the order of their texts, because the order of an answer may change.
 */
export function countEqual(rows: readonly ServedRow[], bitmart: BitmartStream): readonly ServedRow[] {
  const { table } = bitmart.stream;
  const position = positionOfOccurrence(bitmart);
  if (position === null || mayLeaveOut(rows, bitmart.stream)) return rows;
  const mapped = rows.flatMap((row, at) => (row.kind === 'row' ? [{ row, at }] : []));
  const counted = [...rows];
  for (const equal of Map.groupBy(mapped, ({ row }) => JSON.stringify([row.part, row.key])).values()) {
    if (equal.length === 1) continue;
    equal.sort(({ row: a }, { row: b }) => (a.raw < b.raw ? -1 : a.raw > b.raw ? 1 : 0));
    for (const [place, { row, at }] of equal.entries()) {
      const values = row.values.with(position, place + 1);
      counted[at] = { ...row, key: recordKeyOf(table, values), values, digest: digestOf(table, values, row.raw) };
    }
  }
  return counted;
}

function positionOfOccurrence({ occurrenceColumn, stream }: BitmartStream): number | null {
  if (occurrenceColumn === undefined) return null;
  return stream.table.columns.findIndex(({ name }) => name === occurrenceColumn);
}

/** A full answer may hold different rows every time. Of a list no smaller answer will ever hold them, so it is counted. */
function mayLeaveOut(rows: readonly ServedRow[], stream: Stream): boolean {
  return isFull({ rows }, stream) && !stream.isList;
}

/** How often a pair of answers may disagree before the stream gets a problem. */
const maxPairs = 3;

/**
 * An answer with repeated records is requested once more: it is believed only if two in a row agree on what repeats, so that an
 * exchange that repeats a record by mistake does not create a second one. Null if no two agree.
 */
export async function agreedAnswer(bitmart: BitmartStream, ask: () => Promise<Page>): Promise<Page | null> {
  const position = positionOfOccurrence(bitmart);
  const first = await ask();
  if (position === null) return first;
  const repeatsOf = ({ rows }: Page) => {
    if (mayLeaveOut(rows, bitmart.stream)) return '';
    const counted = rows.flatMap((row) => (row.kind === 'row' && Number(row.values[position]) > 1 ? [row.key] : []));
    // Unreadable rows are counted once they can be read.
    const unreadable = rows.flatMap((row) => (row.kind === 'unreadable' ? [row.raw] : []));
    const seen = new Set<string>();
    const repeated = unreadable.filter((raw) => seen.size === seen.add(raw).size);
    return [...counted, ...repeated].sort().join('\n');
  };
  let repeats = repeatsOf(first);
  if (repeats === '') return first;
  for (let pair = 1; pair <= maxPairs; pair++) {
    const next = await ask();
    const repeatsNext = repeatsOf(next);
    if (repeatsNext === repeats) return next;
    repeats = repeatsNext;
  }
  return null;
}
