import { isFull } from '../history/judge-page.ts';
import type { MappedRow, Page, ServedRow, Stream } from '../history/stream.ts';

/**
 * Records without a trustworthy id are identified by their whole content, and equal ones of one answer by counting: the first
 * is occurrence 1, the second 2. They share one instant, so no window separates them, and a later answer with as many equal
 * records gives the same occurrences. They are counted in the order of their texts, because the order of an answer may change.
 */
export function countEqual(
  rows: readonly ServedRow[],
  renumber: (row: MappedRow, occurrence: number) => MappedRow,
): readonly ServedRow[] {
  const mapped = rows.filter((row) => row.kind === 'row');
  const numbers = new Map<ServedRow, number>();
  for (const equal of Map.groupBy(mapped, ({ part, key }) => JSON.stringify([part, key])).values()) {
    if (equal.length === 1) continue;
    const inOrder = [...equal].sort((a, b) => (a.raw < b.raw ? -1 : a.raw > b.raw ? 1 : 0));
    for (const [place, row] of inOrder.entries()) numbers.set(row, place + 1);
  }
  return rows.map((row) => {
    const number = numbers.get(row);
    return row.kind === 'row' && number !== undefined ? renumber(row, number) : row;
  });
}

/** How often a pair of answers may disagree before the stream gets a problem. */
const maxPairs = 3;

/**
 * An answer with repeated records is requested once more: it is believed only if two in a row agree on what repeats, so that an
 * exchange that repeats a record by mistake does not create a second one. Null if no two agree.
 */
export async function agreedAnswer(
  stream: Stream,
  occurrenceColumn: string,
  ask: () => Promise<Page>,
): Promise<Page | null> {
  const position = stream.table.columns.findIndex(({ name }) => name === occurrenceColumn);
  const repeatsOf = ({ rows }: Page) => {
    // A full answer may hold different rows every time, so nothing is counted in it.
    if (isFull({ rows }, stream) && !stream.isList) return '';
    const counted = rows.flatMap((row) => (row.kind === 'row' && Number(row.values[position]) > 1 ? [row.key] : []));
    // Unreadable rows are counted once they can be read.
    const unreadable = rows.flatMap((row) => (row.kind === 'unreadable' ? [row.raw] : []));
    const seen = new Set<string>();
    const repeated = unreadable.filter((raw) => seen.size === seen.add(raw).size);
    return [...counted, ...repeated].sort().join('\n');
  };
  const first = await ask();
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
