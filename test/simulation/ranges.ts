/** Ranges of time, half open. The checker's own: it shares no code with the engine. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export function contains({ from, to }: Range, instant: number): boolean {
  return from <= instant && instant < to;
}

export function anyContains(ranges: readonly Range[], instant: number): boolean {
  return ranges.some((range) => contains(range, instant));
}

export function overlap(one: Range, other: Range): boolean {
  return one.from < other.to && other.from < one.to;
}

/** The instants of `a` that are not in `b`. */
export function minus(a: readonly Range[], b: readonly Range[]): Range[] {
  const holes = inOrder(b);
  const rest: Range[] = [];
  for (const { from, to } of inOrder(a)) {
    let start = from;
    for (const hole of holes) {
      if (hole.from >= to) break;
      if (hole.to <= start) continue;
      if (hole.from > start) rest.push({ from: start, to: hole.from });
      start = Math.max(start, hole.to);
    }
    if (start < to) rest.push({ from: start, to });
  }
  return rest;
}

/** The same instants in as few ranges as possible. */
export function joined(ranges: readonly Range[]): Range[] {
  const result: { from: number; to: number }[] = [];
  for (const { from, to } of inOrder(ranges)) {
    const last = result.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else result.push({ from, to });
  }
  return result;
}

export function inOrder(ranges: readonly Range[]): Range[] {
  return [...ranges].sort((a, b) => a.from - b.from);
}

export function text(ranges: readonly Range[]): string {
  const instant = (ms: number) => (Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms));
  return ranges.map(({ from, to }) => `[${instant(from)}, ${instant(to)})`).join(' ');
}
