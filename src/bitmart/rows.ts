import { json, maxRowLength } from './clamps.ts';
import { keepNumbersAsText } from './envelope.ts';
import { jsonSizeOf } from './json-size.ts';

/**
 * Rows of an answer as their own text: `raw` is what was served, byte for byte, and no number passes through a JavaScript
 * number (ids exceed 2^53, amounts have any number of digits).
 */

/** A row's fields: texts as they are, numbers as their source text, everything else as parsed. */
export type RowFields = Readonly<Record<string, unknown>>;

export interface SourceRow {
  readonly raw: string;
  /** Null if the row is not an object, or too large or too deep. */
  readonly fields: RowFields | null;
}

/**
 * The elements of the array at `path` of a valid JSON text, or null if there is no array. `parsed`: that text, if it is parsed
 * already, because parsing is most of the work.
 */
export function rowsAt(
  text: string,
  path: readonly string[],
  parsed: unknown = JSON.parse(text),
): readonly SourceRow[] | null {
  const start = locate(text, path);
  if (start === null || text[start] !== '[') return null;
  const list = inexactNumber.test(text) ? null : path.reduce<unknown>((value, name) => memberOf(value, name), parsed);
  return elementsOf(text, start).map((raw, i) => ({
    raw,
    // Lazily, because reading them is most of the work, and is done in slices.
    get fields() {
      return isRowSized(raw) ? (plainFields(memberOf(list, i)) ?? fieldsOf(raw)) : null;
    },
  }));
}

function isRowSized(raw: string): boolean {
  if (raw.length > maxRowLength) return false;
  return !manyOpenings.test(raw) || jsonSizeOf(Buffer.from(raw)).depth <= json.maxRowDepth;
}

/** Only a text with more openings than this can be nested deeper. */
const manyOpenings = new RegExp(`[[{](?:[^[{]*[[{]){${json.maxRowDepth}}`);

/** A number that JavaScript would not write the same way: digits beyond 2^53, a fraction, an exponent, or -0. */
const inexactNumber = /[[:,]\s*(?:-0|-?\d{16}|-?\d+[.eE])/;

function memberOf(value: unknown, name: string | number): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[name] : undefined;
}

/** A row whose numbers are written as JavaScript writes them; null if a closer look is needed. */
function plainFields(parsed: unknown): RowFields | null {
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return null;
  const fields = parsed as Record<string, unknown>;
  for (const name in fields) {
    const value = fields[name];
    if (typeof value === 'number') fields[name] = String(value);
    else if (typeof value === 'object' && value !== null) return null;
  }
  return fields;
}

function fieldsOf(raw: string): RowFields | null {
  const parsed: unknown = JSON.parse(raw, keepNumbersAsText);
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as RowFields) : null;
}

/** The position of the value at `path`; of a repeated key the last one, as JSON.parse takes it. */
function locate(text: string, path: readonly string[]): number | null {
  let at = skipBlanks(text, 0);
  for (const name of path) {
    if (text[at] !== '{') return null;
    let found: number | null = null;
    let next = skipBlanks(text, at + 1);
    while (text[next] === '"') {
      const nameEnd = endOfString(text, next);
      const valueAt = skipBlanks(text, skipBlanks(text, nameEnd) + 1);
      if (JSON.parse(text.slice(next, nameEnd)) === name) found = valueAt;
      next = skipBlanks(text, endOfValue(text, valueAt));
      if (text[next] === ',') next = skipBlanks(text, next + 1);
    }
    if (found === null) return null;
    at = found;
  }
  return at;
}

function elementsOf(text: string, arrayAt: number): string[] {
  const elements: string[] = [];
  let at = skipBlanks(text, arrayAt + 1);
  while (at < text.length && text[at] !== ']') {
    const end = endOfValue(text, at);
    elements.push(text.slice(at, end));
    at = skipBlanks(text, end);
    if (text[at] === ',') at = skipBlanks(text, at + 1);
  }
  return elements;
}

function endOfValue(text: string, start: number): number {
  const first = text[start];
  if (first === '"') return endOfString(text, start);
  if (first !== '{' && first !== '[') {
    let at = start;
    while (at < text.length && !endsScalar.has(text.charCodeAt(at))) at++;
    return at;
  }
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case quote:
        at = endOfString(text, at) - 1;
        break;
      case openBrace:
      case openBracket:
        depth++;
        break;
      case closeBrace:
      case closeBracket:
        if (--depth === 0) return at + 1;
        break;
    }
  }
  return text.length;
}

function endOfString(text: string, start: number): number {
  let at = text.indexOf('"', start + 1);
  while (at >= 0 && isEscaped(text, at)) at = text.indexOf('"', at + 1);
  return at < 0 ? text.length : at + 1;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text[at - 1 - backslashes] === '\\') backslashes++;
  return backslashes % 2 === 1;
}

function skipBlanks(text: string, start: number): number {
  let at = start;
  while (blanks.has(text.charCodeAt(at))) at++;
  return at;
}

const [quote, openBrace, closeBrace, openBracket, closeBracket] = [0x22, 0x7b, 0x7d, 0x5b, 0x5d];
const blanks: ReadonlySet<number> = new Set([0x20, 0x0a, 0x0d, 0x09]);
const endsScalar: ReadonlySet<number> = new Set([...blanks, 0x2c, closeBracket, closeBrace]);
