import { ConfigurationError } from '../config.ts';
import { databaseTrouble, RolesMissing, RoleUnavailable, SchemaBehind } from '../database/index.ts';
import { TemporalUnusable } from './temporal-connection.ts';

/** Why the worker did not start, in words an operator can act on. */
export function explain(error: unknown): string {
  if (error instanceof ConfigurationError || error instanceof TemporalUnusable || error instanceof AddressUnusable) {
    return error.message;
  }
  if (error instanceof SchemaBehind) return `${error.message} (or start the worker with \`npm start -- --migrate\`)`;
  if (error instanceof RoleUnavailable || error instanceof RolesMissing) return error.message;
  const trouble = databaseTrouble(error);
  if (trouble !== null)
    return `Postgres can't be used (${(error as Error).message || trouble.code}). ${trouble.remedy}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** An address can't be listened on; the message names its variable. */
export class AddressUnusable extends Error {
  override readonly name = 'AddressUnusable';

  constructor(variable: string, address: string, cause: unknown) {
    const code = (cause as { code?: unknown } | null)?.code;
    const reason = code === 'EADDRINUSE' || /in use/i.test(String(cause)) ? 'it is in use' : reasonOf(cause);
    super(`${variable} names ${address}, which can't be listened at: ${reason}. Choose another, or leave it out.`, {
      cause,
    });
  }
}

export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
