/**
 * Rows of an answer as their own text: `raw` is what was served, byte for byte, and no number passes through a JavaScript
 * number on its way (ids are greater than 2^53, amounts have any number of digits).
 */

/** A row's fields: texts as they are, numbers as their source text, everything else as parsed. */
export type RowFields = Readonly<Record<string, unknown>>;

export interface SourceRow {
  readonly raw: string;
  readonly fields: RowFields | null;
}

/**
 * The elements of the array that lies at `path` of a valid JSON text, or null when there is no array. `parsed` is that text
 * parsed, where somebody has done so already: parsing is most of the work.
 */
export function rowsAt(
  text: string,
  path: readonly string[],
  parsed: unknown = JSON.parse(text),
): readonly SourceRow[] | null {
  const start = locate(text, path);
  if (start === null || text[start] !== '[') return null;
  const list = inexactNumber.test(text) ? null : path.reduce<unknown>((value, name) => memberOf(value, name), parsed);
  return elementsOf(text, start).map((raw, i) => ({ raw, fields: plainFields(memberOf(list, i)) ?? fieldsOf(raw) }));
}

/** A number that is not what JavaScript would write for it: digits beyond 2^53, a fraction, an exponent, or -0. */
const inexactNumber = /[[:,]\s*(?:-0|-?\d{16}|-?\d+[.eE])/;

function memberOf(value: unknown, name: string | number): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[name] : undefined;
}

/** A row whose numbers are written as JavaScript writes them; null where one has to look closer. */
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

/** A number becomes its own source text. */
function keepNumbersAsText(this: unknown, _key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' ? (context?.source ?? String(value)) : value;
}

/** The position of the value at `path`; the last one where a key stands twice, as JSON.parse takes it. */
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
    while (at < text.length && !/[\s,\]}]/.test(text[at] as string)) at++;
    return at;
  }
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at) - 1;
    else if (character === '{' || character === '[') depth++;
    else if ((character === '}' || character === ']') && --depth === 0) return at + 1;
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
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++;
  return at;
}
