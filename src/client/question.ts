import type { AccountFilter as StoredFilter } from '../database/index.ts';
import { instantOfIso } from '../history/iso-time.ts';
import type { Range } from '../history/range-set.ts';
import type { Stream } from '../history/stream.ts';
import type { AccountStatus } from '../workflows/messages.ts';
import { ClientError } from './client-error.ts';
import { kindOf, quoted } from './foreign-input.ts';

/** What a caller asks, checked before the database is queried: each refusal says what is allowed. */

/** A Date, or ISO 8601 with its zone: `2026-01-01` (midnight in UTC), `2026-01-01T00:00:00Z`, `2026-01-01T09:00:00+09:00`. */
export type Time = Date | string;

/** Half-open: `from` is included, `to` is not. Left out or null: no bound on that side. */
export interface TimeRange {
  readonly from?: Time | null | undefined;
  readonly to?: Time | null | undefined;
}

export function streamNamed(streams: readonly Stream[], name: unknown): Stream {
  const stream = streams.find((candidate) => candidate.name === name);
  if (stream) return stream;
  throw new ClientError(
    'wrong-stream',
    `There is no stream ${valueText(name)}.`,
    `The streams are ${streams.map((candidate) => candidate.name).join(', ')}.`,
  );
}

export function rangeOf({ from, to }: TimeRange): Range {
  const range = {
    from: from === undefined || from === null ? Number.NEGATIVE_INFINITY : instantOf(from, 'from'),
    to: to === undefined || to === null ? Number.POSITIVE_INFINITY : instantOf(to, 'to'),
  };
  if (range.from < range.to) return range;
  throw new ClientError(
    'wrong-range',
    `The range from ${valueText(from ?? 'the beginning')} to ${valueText(to ?? 'the present')} is empty.`,
    '`from` must be before `to`; `from` belongs to the range, `to` does not.',
  );
}

/** A range that must have both ends. */
export function closedRangeOf({ from, to }: { readonly from: Time; readonly to: Time }): Range {
  return rangeOf({ from: new Date(instantOf(from, 'from')), to: new Date(instantOf(to, 'to')) });
}

export function instantOf(time: unknown, name: string): number {
  const instant = time instanceof Date ? time.getTime() : typeof time === 'string' ? instantOfIso(time) : null;
  if (instant !== null && Math.abs(instant) <= farthestMs) return instant;
  throw new ClientError(
    'wrong-range',
    `\`${name}\`: expected a time, got ${valueText(time)}.`,
    'Pass a Date, or ISO 8601 with its zone: 2026-01-01 (midnight in UTC), 2026-01-01T00:00:00Z, 2026-01-01T09:00:00+09:00.',
  );
}

/** The last year that is written with four digits. */
const farthestMs = Date.UTC(9999, 11, 31);

const maxLimit = 1_000;
const defaultLimit = 500;

export function limitOf(limit: number | null | undefined): number {
  if (limit === undefined || limit === null) return defaultLimit;
  if (Number.isInteger(limit) && limit >= 1 && limit <= maxLimit) return limit;
  throw new ClientError(
    'wrong-limit',
    `A page can't have ${valueText(limit)} entries.`,
    `\`limit\` is a whole number from 1 to ${maxLimit}; read further with \`after\`.`,
  );
}

export const exportFormats = ['csv', 'ndjson'] as const;
export type ExportFormat = (typeof exportFormats)[number];

function valueText(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(quoted(value)) : kindOf(value);
}

/** Which accounts to select; criteria that are left out do not restrict. */
export interface AccountFilter {
  /** One or more: any of these. */
  readonly status?: readonly AccountStatus[] | undefined;
  /** Accounts that begin to lose history before then, or were not read yet. The soonest come first. */
  readonly atRiskBefore?: Time | undefined;
}

export function storedFilter({ status, atRiskBefore }: AccountFilter): StoredFilter {
  if (atRiskBefore === undefined) return { status };
  return { status, atRiskBefore: new Date(instantOf(atRiskBefore, 'atRiskBefore')) };
}
