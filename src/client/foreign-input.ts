import { printable } from '../answers/printable.ts';
import { isStandIn } from '../database/index.ts';
import { ClientError } from './client-error.ts';

/**
 * Input of the caller, checked once before any of it reaches Postgres or Temporal. A platform passes on what its users typed,
 * so each refusal says what is allowed and shows no control characters.
 */

// The search attribute that carries it is a keyword of at most 255 characters.
const maxOwnerId = 255;
/** The limit of the tables (migration 0015). */
const maxName = 200;
/** Ours have 26 or 36 characters. */
const maxAccountId = 200;

export function ownerIdIn(given: unknown): string {
  if (!isText(given, maxOwnerId) || given.trim() === '') {
    throw new ClientError(
      'wrong-usage',
      `An owner id is a text of 1 to ${maxOwnerId} characters.`,
      'Pass the id that your platform has for the user, without control characters.',
    );
  }
  if (isStandIn(given)) {
    throw new ClientError(
      'wrong-usage',
      'Owner ids that begin with "check:" are reserved.',
      'Put a prefix of your own before it.',
    );
  }
  return given;
}

export function nameIn(given: unknown, what: 'label' | 'sub-account'): string | null {
  if (given === null || given === undefined) return null;
  if (isText(given, maxName)) return given;
  throw new ClientError(
    'wrong-usage',
    `The ${what} is not a text of at most ${maxName} characters without control characters.`,
    'Shorten it, or leave it out.',
  );
}

/** Whether it can be an account's id at all; anything else is not looked up. */
export function isAccountId(given: unknown): given is string {
  return isText(given, maxAccountId) && given !== '';
}

/** A given value, shortened and made printable for an error message. */
export function quoted(given: unknown): string {
  return typeof given === 'string' ? printable(given.slice(0, 100)) : kindOf(given);
}

/** The type of a value, without its text, which may be secret. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : value.toISOString();
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  return typeof value === 'string' ? 'a text' : `a value of type ${typeof value}`;
}

/** In characters as Postgres counts them. */
function isText(given: unknown, maxCharacters: number): given is string {
  if (typeof given !== 'string' || given.length > 2 * maxCharacters) return false;
  return given.isWellFormed() && !/\p{Cc}/u.test(given) && [...given].length <= maxCharacters;
}
