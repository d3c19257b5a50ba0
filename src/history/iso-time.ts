import type { Range, RangeSet } from './range-set.ts';

/** ISO 8601 in UTC with milliseconds: so every time leaves this program. */
export function isoTime(instantMs: number): string {
  return new Date(instantMs).toISOString();
}

export function optionalIsoTime(instantMs: number | null): string | null {
  return instantMs === null ? null : isoTime(instantMs);
}

export function isoRange({ from, to }: Range): readonly [from: string, to: string] {
  return [isoTime(from), isoTime(to)];
}

export function isoRanges(ranges: RangeSet): readonly (readonly [from: string, to: string])[] {
  return ranges.map(isoRange);
}
