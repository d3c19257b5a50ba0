/** A row as BitMart writes it. A bigint is a number with more digits than a JavaScript number holds. */
export type WireRow = Readonly<Record<string, WireValue>>;
type WireValue = string | number | bigint | boolean | null;

const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** JSON in which big numbers keep every digit. */
export function wireText(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) => (typeof part === 'bigint' ? rawJSON(String(part)) : part));
}

/** Reads JSON so that whole numbers beyond 2^53 become bigints instead of losing digits. */
export function readWireText(text: string): unknown {
  return JSON.parse(text, keepDigits);
}

function keepDigits(this: unknown, _name: string, value: unknown, context?: { source?: string }): unknown {
  const isDamaged = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
  return isDamaged && /^-?\d+$/.test(context?.source ?? '') ? BigInt(context?.source as string) : value;
}

/** A row as a test adds it: its time, and any other fields, in the exchange's own names. */
export interface GivenRow {
  readonly [field: string]: WireValue | undefined;
  /** Of futures: `futures` (default) or `copy_trading`. */
  readonly part?: string;
  /** The row appears in answers only then, though its time is earlier. */
  readonly visibleFromMs?: number;
}
