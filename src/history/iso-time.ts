import type { Range, RangeSet } from './range-set.ts';

/** ISO 8601 in UTC with milliseconds: the form of every time that leaves this program. */
export function isoTime(instantMs: number): string {
  return new Date(instantMs).toISOString();
}

/** Milliseconds of ISO 8601 with its zone, or of a day in UTC; null for anything else, including impossible days. */
export function instantOfIso(text: string): number | null {
  const [, year, month, day] = isoPattern.exec(text) ?? [];
  if (day === undefined) return null;
  const isDay = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day);
  const instantMs = Date.parse(text);
  return isDay && !Number.isNaN(instantMs) ? instantMs : null;
}

// A time of day without a zone would mean something else on every machine.
const isoPattern = /^(\d{4})-(\d\d)-(\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/;

export function optionalIsoTime(instantMs: number | null): string | null {
  return instantMs === null ? null : isoTime(instantMs);
}

export function isoRange({ from, to }: Range): readonly [from: string, to: string] {
  return [isoTime(from), isoTime(to)];
}

export function isoRanges(ranges: RangeSet): readonly (readonly [from: string, to: string])[] {
  return ranges.map(isoRange);
}

/** `2026-11-24 12:00`: in UTC, to the minute. */
export function minuteText(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)}`;
}
