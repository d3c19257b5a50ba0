import { ClientError } from './client-error.ts';

// SQLSTATE of a missing table, column, or schema.
const missingObjectStates = new Set(['42P01', '42703', '3F000']);

/** A failed statement in words: which server, what happened, what to do. Never the URL, which carries a password. */
export function databaseFailure(error: unknown, databaseUrl: string): unknown {
  if (!(error instanceof Error) || error instanceof ClientError) return error;
  if (error.name === 'SchemaBehind') return new ClientError('schema-outdated', error.message, null, { cause: error });
  const code = codeOf(error);
  if (missingObjectStates.has(code)) {
    return new ClientError(
      'schema-outdated',
      'The database has not the tables that this program needs.',
      'Run `bitmart-sync migrate` (in the repository `npm run --silent cli -- migrate`).',
      { cause: error },
    );
  }
  if (isConnectionFailure(error, code)) {
    return new ClientError(
      'database-unreachable',
      `Postgres at ${placeOf(databaseUrl)} can't be used (${reasonOf(error, code)}).`,
      'Start it (`npm run stack`), or correct DATABASE_URL.',
      { cause: error },
    );
  }
  return error;
}

/** Host, port and database of a URL, without user and password. */
export function placeOf(databaseUrl: string): string {
  try {
    const url = new URL(databaseUrl);
    return `${url.hostname || 'localhost'}:${url.port || '5432'}${url.pathname}`;
  } catch {
    return 'an unreadable DATABASE_URL';
  }
}

function isConnectionFailure(error: Error, code: string): boolean {
  const isNetwork = /^(ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EHOST|ENET|EPIPE|ENOENT|EACCES)/.test(code);
  // Classes 08 connection, 28 authorisation, 3D unknown database, 53 no resources, 57P shutting down.
  const isServer = /^(08|28|3D|53|57P)/.test(code);
  return isNetwork || isServer || /connection (timeout|terminated)|timeout exceeded/i.test(error.message);
}

function reasonOf(error: Error, code: string): string {
  return error.message || code || 'no connection';
}

// A host with several addresses fails with one error for each of them.
function codeOf(error: Error): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return String((first as { code?: unknown })?.code ?? (error as { code?: unknown }).code ?? '');
}
