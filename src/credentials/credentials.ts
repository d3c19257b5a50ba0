import { createHash } from 'node:crypto';
import { cleanedTexts, type KeyTexts } from '../history/credentials-slips.ts';
import { Secret } from '../secret.ts';

/** The three texts that open an account at the exchange. Printed it is `[secret]`; only the getters answer. */
export class Credentials extends Secret<KeyTexts> {
  get apiKey(): string {
    return this.reveal().apiKey;
  }

  get apiSecret(): string {
    return this.reveal().apiSecret;
  }

  get memo(): string {
    return this.reveal().memo;
  }
}

const names = ['apiKey', 'apiSecret', 'memo'] as const;
type Name = (typeof names)[number];

/** The input is not three texts. The message says all that is wrong, without showing any of it. */
export class BadCredentials extends Error {
  override readonly name = 'BadCredentials';

  constructor(reasons: readonly string[]) {
    super(`These are not credentials: ${reasons.join('; ')}. Expected {"apiKey": "…", "apiSecret": "…", "memo": "…"}.`);
  }
}

/**
 * The three texts out of whatever was given, without the blanks and quotes that a copy brings along. Whether they can be a
 * key's is not a matter here: what a person mistyped is a refusal of the key, with the slip as a hint.
 */
export function parseCredentials(input: unknown): Credentials {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new BadCredentials(['the input is not an object of three texts']);
  }
  const given = input as Record<string, unknown>;
  const reasons = names.flatMap((name) => problemOf(name, given[name]) ?? []);
  if (reasons.length > 0) throw new BadCredentials(reasons);
  return new Credentials(cleanedTexts(given as Record<Name, string>));
}

function problemOf(name: Name, value: unknown): string | null {
  if (value === undefined || value === null) return `${name} is missing`;
  return typeof value === 'string'
    ? null
    : `${name} is not a text but a ${Array.isArray(value) ? 'list' : typeof value}`;
}

/**
 * What a key is called where it must not be shown: one key, one fingerprint, whichever owner links it. An API key has 160 random
 * bits, so that it can't be guessed from its fingerprint.
 */
export function fingerprintOf(apiKey: string, exchange = 'bitmart'): string {
  return createHash('sha256')
    .update(JSON.stringify(['bitmart-sync key', exchange, apiKey]))
    .digest('hex');
}
