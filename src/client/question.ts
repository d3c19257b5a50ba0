import type { Range } from '../history/range-set.ts';
import type { Stream } from '../history/stream.ts';
import { ClientError } from './client-error.ts';

/** What a caller asks, checked before anything is asked of the database: each refusal says what is allowed. */

/** A Date, or ISO 8601 with its zone: `2026-01-01` (midnight in UTC), `2026-01-01T00:00:00Z`, `2026-01-01T09:00:00+09:00`. */
export type Time = Date | string;

/** Half-open: `from` belongs to it, `to` does not. Left out, it has no bound on that side. */
export interface TimeRange {
  readonly from?: Time | undefined;
  readonly to?: Time | undefined;
}

export function streamNamed(streams: readonly Stream[], name: string): Stream {
  const stream = streams.find((candidate) => candidate.name === name);
  if (stream) return stream;
  throw new ClientError(
    'wrong-stream',
    `There is no stream ${quoted(name)}.`,
    `The streams are ${streams.map((candidate) => candidate.name).join(', ')}.`,
  );
}

export function rangeOf({ from, to }: TimeRange): Range {
  const range = {
    from: from === undefined ? Number.NEGATIVE_INFINITY : instantOf(from, 'from'),
    to: to === undefined ? Number.POSITIVE_INFINITY : instantOf(to, 'to'),
  };
  if (range.from < range.to) return range;
  throw new ClientError(
    'wrong-range',
    `The range from ${told(from)} to ${told(to)} is empty.`,
    '`from` must be before `to`; `from` belongs to the range, `to` does not.',
  );
}

export function instantOf(time: Time, name: string): number {
  const instant = time instanceof Date ? time.getTime() : isoTime.test(time) ? Date.parse(time) : Number.NaN;
  if (Math.abs(instant) <= farthestMs) return instant;
  throw new ClientError(
    'wrong-range',
    `${told(time)} is no time for \`${name}\`.`,
    'Give a Date, or ISO 8601 with its zone: 2026-01-01 (midnight in UTC), 2026-01-01T00:00:00Z, 2026-01-01T09:00:00+09:00.',
  );
}

// Without a zone a time of day would mean something else on every machine.
const isoTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;

/** The year 9999: as far as a time is written with four digits for its year. */
const farthestMs = Date.UTC(9999, 11, 31);

export const maxLimit = 1_000;
const defaultLimit = 500;

export function limitOf(limit: number | undefined): number {
  if (limit === undefined) return defaultLimit;
  if (Number.isInteger(limit) && limit >= 1 && limit <= maxLimit) return limit;
  throw new ClientError(
    'wrong-limit',
    `A page can't have ${told(limit)} entries.`,
    `\`limit\` is a whole number from 1 to ${maxLimit}; read further with \`after\`.`,
  );
}

export const exportFormats = ['csv', 'ndjson'] as const;
export type ExportFormat = (typeof exportFormats)[number];

function told(value: unknown): string {
  if (value === undefined) return 'the beginning or end';
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : value.toISOString();
  return typeof value === 'string' ? quoted(value) : String(value);
}

function quoted(text: unknown): string {
  return JSON.stringify(String(text).slice(0, 100));
}
