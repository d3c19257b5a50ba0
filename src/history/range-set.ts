/**
 * A set of instants as half-open ranges `[from, to)` in milliseconds since the epoch: sorted, disjoint, never touching.
 * The in-memory counterpart of a Postgres `tstzmultirange`.
 */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export function isSame(one: Range, other: Range): boolean {
  return one.from === other.from && one.to === other.to;
}

export type RangeSet = readonly Range[];

/** Any ranges, overlapping or not, as one set. Empty and reversed ranges are dropped. */
export function rangeSet(ranges: Iterable<Range>): RangeSet {
  const sorted = [...ranges].filter((range) => range.from < range.to).sort((a, b) => a.from - b.from);
  const joined: { from: number; to: number }[] = [];
  for (const range of sorted) {
    const last = joined.at(-1);
    if (last && range.from <= last.to) last.to = Math.max(last.to, range.to);
    else joined.push({ from: range.from, to: range.to });
  }
  return joined;
}

export function union(a: RangeSet, b: RangeSet): RangeSet {
  return rangeSet([...a, ...b]);
}

/** Ranges in any other order would silently be left out by what goes through two sets side by side. */
function inOrder(ranges: RangeSet): RangeSet {
  return ranges.every((range, i) => i === 0 || (ranges[i - 1] as Range).to <= range.from) ? ranges : rangeSet(ranges);
}

export function intersection(one: RangeSet, other: RangeSet): RangeSet {
  const [a, b] = [inOrder(one), inOrder(other)];
  const common: Range[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const left = a[i] as Range;
    const right = b[j] as Range;
    const from = Math.max(left.from, right.from);
    const to = Math.min(left.to, right.to);
    if (from < to) common.push({ from, to });
    if (left.to < right.to) i++;
    else j++;
  }
  return common;
}

export function difference(set: RangeSet, holes: RangeSet): RangeSet {
  const rest: Range[] = [];
  const ordered = inOrder(holes);
  for (const range of inOrder(set)) {
    let from = range.from;
    for (const hole of ordered) {
      if (hole.to <= from) continue;
      if (hole.from >= range.to) break;
      if (hole.from > from) rest.push({ from, to: hole.from });
      from = Math.max(from, hole.to);
    }
    if (from < range.to) rest.push({ from, to: range.to });
  }
  return rest;
}

export function contains(set: RangeSet, instant: number): boolean {
  return set.some((range) => range.from <= instant && instant < range.to);
}

export function covers(set: RangeSet, range: Range): boolean {
  return difference([range], set).length === 0;
}

export function sameSet(a: RangeSet, b: RangeSet): boolean {
  return a.length === b.length && a.every((range, i) => isSame(range, b[i] as Range));
}

/** The smallest range that holds the whole set, or null for the empty set. */
export function hull(set: RangeSet): Range | null {
  const first = set[0];
  const last = set.at(-1);
  return first && last ? { from: first.from, to: last.to } : null;
}

/** Whether two ranges overlap, or nothing lies between them. */
export function touches(a: Range, b: Range): boolean {
  return a.from <= b.to && b.from <= a.to;
}
