import { createHash } from 'node:crypto';
import { ClientError } from './client-error.ts';

/** Where a list continues: `next` of the previous page. Left out, null or 0: from the beginning. */
export type Cursor = string | 0 | null | undefined;

/**
 * A position in a list, as an opaque text that is valid for the same question only. It holds no secret and grants nothing: what
 * is read with it is still limited to this owner's accounts.
 */
export function cursorOf(question: readonly string[], position: readonly string[]): string {
  return Buffer.from(JSON.stringify([markOf(question, position), ...position])).toString('base64url');
}

/**
 * The position in a cursor of this question, null for the beginning; `length` null where positions differ in length. Throws
 * ClientError for a cursor of another question, or anything else.
 */
export function positionIn(after: Cursor, question: readonly string[], length: number | null) {
  if (after === undefined || after === null || after === 0) return null;
  const [mark, ...position] = partsOf(after);
  if ((length === null || position.length === length) && mark === markOf(question, position)) return position;
  throw wrongCursor();
}

/** Turns Postgres's refusal of a forged position into the refusal of a cursor. */
export function ofCursor(position: readonly string[] | null): (error: unknown) => never {
  return (error) => {
    const isUnreadable = error instanceof ClientError && error.code === 'wrong-usage';
    throw isUnreadable && position !== null ? wrongCursor(error) : error;
  };
}

export function numberIn(text: string | undefined): number {
  if (text !== undefined && /^\d{1,15}$/.test(text)) return Number(text);
  throw wrongCursor();
}

export function wrongCursor(cause?: unknown): ClientError {
  return new ClientError(
    'wrong-cursor',
    '`after`: expected a cursor of this list.',
    'Pass `next` of the previous page with otherwise the same options; or leave it out to start over.',
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

/** A cursor of an owner's events names each account; 100 bytes for each of 2,000 accounts. */
const maxLength = 262_144;

/** A checksum that reveals a cursor of another question, and one that was cut or retyped. */
function markOf(question: readonly string[], position: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify(['1', question, position]))
    .digest('base64url')
    .slice(0, 16);
}
