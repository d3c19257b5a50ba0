import { type QuarantineCode, type QuarantineReason, quarantineReason } from '../history/quarantine-reason.ts';
import { texts } from './clamps.ts';
import type { RowFields } from './rows.ts';

/** A field with an unusable value: the row is quarantined with this reason. */
export class UnreadableField extends Error {
  override readonly name = 'UnreadableField';
  readonly reason: QuarantineReason;

  constructor(code: QuarantineCode, about: string) {
    const reason = quarantineReason(code, about);
    super(reason);
    this.reason = reason;
  }
}

/** A non-empty text; ids of any length stay text. */
export function identifier(row: RowFields, name: string): string {
  const value = row[name];
  if (typeof value !== 'string' || value === '' || value === '0' || !isText(value, texts.maxId)) {
    throw new UnreadableField('not-an-id', name);
  }
  return value;
}

/** A short text from beside the rows of a history; null for whatever else stands in its place. */
export function shortText(value: unknown): string | null {
  const isUsable = typeof value === 'string' && value !== '' && value.length <= texts.maxId && !value.includes('\0');
  return isUsable ? value : null;
}

/** A text that may be empty; "" and absent become null. */
export function optionalText(row: RowFields, name: string): string | null {
  const value = row[name];
  if (value === undefined || value === null || value === '') return null;
  if (typeof value !== 'string' || !isText(value, texts.maxText)) throw new UnreadableField('not-a-text', name);
  return value;
}

/** An id that may be empty; "" and absent become null. */
export function optionalIdentifier(row: RowFields, name: string): string | null {
  const value = row[name];
  return value === undefined || value === null || value === '' ? null : identifier(row, name);
}

/** The part that a row names; null if it names none. A part that the stream does not have is `other`. */
export function partIn(row: RowFields, name: string, parts: readonly string[]): string | null {
  const part = optionalText(row, name);
  return part === null || parts.includes(part) ? part : 'other';
}

const decimalPattern = /^-?\d{1,60}(\.\d{1,60})?$/;

/** A decimal as served, digit for digit. */
export function decimal(row: RowFields, name: string): string {
  const value = row[name];
  if (typeof value !== 'string' || !decimalPattern.test(value)) throw new UnreadableField('not-a-decimal', name);
  return value;
}

/** A decimal where "" and absent mean "not applicable". */
export function optionalDecimal(row: RowFields, name: string): string | null {
  const value = row[name];
  return value === undefined || value === null || value === '' ? null : decimal(row, name);
}

/** One of the known words, in lower case. */
export function word<Word extends string>(row: RowFields, name: string, known: readonly Word[]): Word {
  const value = scalar(row, name).toLowerCase();
  const found = known.find((candidate) => candidate === value);
  if (found === undefined) throw new UnreadableField('unknown-value', name);
  return found;
}

/** A text or a number as text; "" for everything else: a served object may have a field `toString`, which would throw. */
export function scalar(row: RowFields, name: string): string {
  const value = row[name];
  return typeof value === 'string' ? value : typeof value === 'boolean' ? String(value) : '';
}

/** What a code stands for. Names of inherited properties are not codes. */
export function meaningIn<Meaning>(codes: Readonly<Record<string, Meaning>>, code: string): Meaning | undefined {
  return Object.hasOwn(codes, code) ? codes[code] : undefined;
}

const earliestMs = Date.UTC(2017, 0, 1);
const latestMs = Date.UTC(2100, 0, 1);

/** How the times of an endpoint are written. */
export type TimeForm = 'ms' | 's' | 'ms-or-s';

/** Milliseconds since the epoch; another unit than the endpoint uses, zero and nonsense are refused rather than guessed. */
export function instantMs(row: RowFields, name: string, form: TimeForm = 'ms'): number {
  const value = row[name];
  const text = typeof value === 'string' ? value : '';
  const isMs = /^\d{13}$/.test(text) && form !== 's';
  const ms = isMs ? Number(text) : /^\d{10}$/.test(text) && form !== 'ms' ? Number(text) * 1_000 : Number.NaN;
  if (!(ms >= earliestMs && ms < latestMs)) throw new UnreadableField('not-a-time', name);
  return ms;
}

export function optionalInstantMs(row: RowFields, name: string): number | null {
  const value = row[name];
  return value === undefined || value === null || value === '' || value === '0' ? null : instantMs(row, name);
}

/** NUL can't be stored, the unit separator joins keys, and malformed Unicode would be stored as another text. */
function isText(text: string, maxLength: number): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly those are looked for
  return text.length <= maxLength && text.isWellFormed() && !/[\u0000-\u001f\ufffd]/.test(text);
}
