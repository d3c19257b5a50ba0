import type { RowFields } from './rows.ts';

/** A field that can't be what it should be: the row is quarantined with this reason. */
export class UnreadableField extends Error {
  override readonly name = 'UnreadableField';
}

/** A non-empty text; ids of any length stay text. */
export function identifier(row: RowFields, name: string): string {
  const value = row[name];
  if (typeof value !== 'string' || value === '' || value === '0' || value.length > 200 || hasControl(value)) {
    throw new UnreadableField(`${name} is no id`);
  }
  return value;
}

/** A text that may be empty; "" and absent become null. */
export function optionalText(row: RowFields, name: string): string | null {
  const value = row[name];
  if (value === undefined || value === null || value === '') return null;
  if (typeof value !== 'string' || value.length > 2_000 || hasControl(value))
    throw new UnreadableField(`${name} is no text`);
  return value;
}

const decimalPattern = /^-?\d{1,60}(\.\d{1,60})?$/;

/** A decimal as served, digit for digit. */
export function decimal(row: RowFields, name: string): string {
  const value = row[name];
  if (typeof value !== 'string' || !decimalPattern.test(value))
    throw new UnreadableField(`${name} is no decimal number`);
  return value;
}

/** A decimal where "" and absent mean "not applicable". */
export function optionalDecimal(row: RowFields, name: string): string | null {
  const value = row[name];
  return value === undefined || value === null || value === '' ? null : decimal(row, name);
}

/** One of the words that we know, in lower case. */
export function word<Word extends string>(row: RowFields, name: string, known: readonly Word[]): Word {
  const value = String(row[name] ?? '').toLowerCase();
  const found = known.find((candidate) => candidate === value);
  if (found === undefined) throw new UnreadableField(`${name} has an unknown value`);
  return found;
}

const earliestMs = Date.UTC(2017, 0, 1);
const latestMs = Date.UTC(2100, 0, 1);

/** Milliseconds since the epoch; seconds, zero and nonsense are refused rather than guessed. */
export function instantMs(row: RowFields, name: string): number {
  const value = row[name];
  const text = typeof value === 'string' ? value : '';
  const ms = /^\d{13}$/.test(text) ? Number(text) : Number.NaN;
  if (!(ms >= earliestMs && ms < latestMs)) throw new UnreadableField(`${name} is no time in milliseconds`);
  return ms;
}

export function optionalInstantMs(row: RowFields, name: string): number | null {
  const value = row[name];
  return value === undefined || value === null || value === '' || value === '0' ? null : instantMs(row, name);
}

function hasControl(text: string): boolean {
  // A NUL can't be stored, and the unit separator joins the columns of a record's key.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly those are looked for
  return /[\u0000-\u001f]/.test(text);
}
