import { createHash } from 'node:crypto';
import { ClientError } from './client-error.ts';

/** Where a list goes on: `next` of the page before. Left out, null or 0: from the beginning. */
export type Cursor = string | 0 | null | undefined;

/** The text of a cursor that was given; null for the beginning. */
export function placeIn(after: Cursor): string | null {
  return after === undefined || after === 0 ? null : after;
}

/**
 * A place in a list, as an opaque text that only the same question understands. It holds no secret and grants nothing: what
 * is read with it is still this owner's account alone.
 */
export function cursorOf(question: readonly string[], position: readonly string[]): string {
  return Buffer.from(JSON.stringify([markOf(question, position), ...position])).toString('base64url');
}

/**
 * The position in a cursor of this question; `length` null where positions differ in length. Throws ClientError for a cursor
 * of another question, or anything else.
 */
export function positionIn(cursor: string, question: readonly string[], length: number | null): readonly string[] {
  const [mark, ...position] = partsOf(cursor);
  if ((length === null || position.length === length) && mark === markOf(question, position)) return position;
  throw wrongCursor();
}

/** What a list rejects with: Postgres could not read a position that was forged well enough to get there. */
export function ofCursor(after: string | null): (error: unknown) => never {
  return (error) => {
    const isUnreadable = error instanceof ClientError && error.code === 'wrong-usage';
    throw isUnreadable && after !== null ? wrongCursor(error) : error;
  };
}

/** A number of a position. */
export function numberIn(text: string | undefined): number {
  if (text !== undefined && /^\d{1,15}$/.test(text)) return Number(text);
  throw wrongCursor();
}

export function wrongCursor(cause?: unknown): ClientError {
  return new ClientError(
    'wrong-cursor',
    '`after`: expected a cursor of this list.',
    'Give `next` of the page before, and for the rest ask for the same; or leave it out to begin anew.',
    { cause },
  );
}

function partsOf(cursor: string): readonly string[] {
  if (typeof cursor !== 'string' || cursor.length > maxLength) return [];
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parts) && parts.every((part) => typeof part === 'string' && !part.includes('\0')) ? parts : [];
  } catch {
    return [];
  }
}

/** That of an owner's events names his accounts; 100 bytes for each of 2,000 of them. */
const maxLength = 262_144;

/** Finds out the cursor of another question, and one that was cut or retyped. */
function markOf(question: readonly string[], position: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify(['1', question, position]))
    .digest('base64url')
    .slice(0, 16);
}
