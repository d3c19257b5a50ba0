import { Credentials } from './credentials.ts';

/** Longer than any text that the exchange hands out, short enough to be no burden. */
const maxTextLength = 512;

const names = ['apiKey', 'apiSecret', 'memo'] as const;
type Name = (typeof names)[number];

/** The input is not the three texts; `reasons` says all that is wrong, without showing any of it. */
export class BadCredentials extends Error {
  override readonly name = 'BadCredentials';
  readonly reasons: readonly string[];

  constructor(reasons: readonly string[]) {
    super(`These are no credentials: ${reasons.join('; ')}. Expected {"apiKey": "…", "apiSecret": "…", "memo": "…"}.`);
    this.reasons = reasons;
  }
}

/**
 * The three texts out of whatever was given. Blanks around key and secret are never part of them and fall away; around
 * the memo, which the user made up, they may be meant and are kept. What looks mistyped in it, even that it is blank, is for the exchange to
 * judge: a look at the key names it.
 */
export function parseCredentials(input: unknown): Credentials {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new BadCredentials(['the input is not an object of three texts']);
  }
  const given = input as Record<string, unknown>;
  const reasons = names.flatMap((name) => problemOf(name, given[name]) ?? []);
  if (reasons.length > 0) throw new BadCredentials(reasons);
  const { apiKey, apiSecret, memo } = given as Record<Name, string>;
  return new Credentials({ apiKey: apiKey.trim(), apiSecret: apiSecret.trim(), memo });
}

function problemOf(name: Name, value: unknown): string | null {
  if (value === undefined || value === null) return `${name} is missing`;
  if (typeof value !== 'string') return `${name} is not a text but a ${Array.isArray(value) ? 'list' : typeof value}`;
  const text = name === 'memo' ? value : value.trim();
  if (text === '' && name !== 'memo') return `${name} is empty`;
  if (text.length > maxTextLength) return `${name} is longer than ${maxTextLength} characters`;
  if (/\p{Cc}/u.test(text)) return `${name} contains control characters, such as a line break`;
  if (/\p{Cs}/u.test(text)) return `${name} is not well-formed Unicode`;
  // The API key travels in an HTTP header.
  if (name === 'apiKey' && !/^[\x21-\x7e]+$/.test(text)) return `${name} contains characters that no API key has`;
  return null;
}
