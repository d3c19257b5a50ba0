import { type RangeSet, rangeSet } from '../history/range-set.ts';

/**
 * Milliseconds since the epoch on our side, `timestamptz` on the other. Every session uses UTC and ISO, so both directions are
 * exact: a time never passes through a local zone or a fraction.
 */
export function instantText(ms: number): string {
  if (ms === Number.POSITIVE_INFINITY) return 'infinity';
  if (ms === Number.NEGATIVE_INFINITY) return '-infinity';
  if (!Number.isInteger(ms)) throw new Error(`An instant is a whole number of milliseconds, not ${ms}.`);
  return new Date(ms).toISOString();
}

export function optionalInstantText(ms: number | null): string | null {
  return ms === null ? null : instantText(ms);
}

/** Reads what Postgres prints in UTC, such as `2026-08-01 10:00:00.123+00`. */
export function instantMs(text: string): number {
  if (text === 'infinity') return Number.POSITIVE_INFINITY;
  if (text === '-infinity') return Number.NEGATIVE_INFINITY;
  const ms = Date.parse(text.replace(' ', 'T').replace(/\+00$/, 'Z'));
  if (Number.isNaN(ms)) throw new Error(`Postgres answered with the time ${text}, which is not an instant in UTC.`);
  return ms;
}

export function rangeText(range: { readonly from: number; readonly to: number }): string {
  return `[${instantText(range.from)},${instantText(range.to)})`;
}

export function multirangeText(set: RangeSet): string {
  return `{${set.map(rangeText).join(',')}}`;
}

const rangePattern = /\[([^,]*),([^)]*)\)/g;

/** Reads what Postgres prints for a `tstzmultirange` of half-open ranges. An unbounded range comes from an unexpected NULL. */
export function rangeSetOf(text: string): RangeSet {
  const found = [...text.matchAll(rangePattern)];
  if (text !== `{${found.map(([range]) => range).join(',')}}`) {
    throw new Error(`Postgres answered with the ranges ${text}, which are not all half-open.`);
  }
  return rangeSet(
    found.map(([, from = '', to = '']) => ({ from: instantMs(unquoted(from)), to: instantMs(unquoted(to)) })),
  );
}

function unquoted(text: string): string {
  return text.replaceAll('"', '');
}
