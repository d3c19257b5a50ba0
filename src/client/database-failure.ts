import { databaseTrouble, RolesMissing, RoleUnavailable } from '../database/index.ts';
import { ClientError } from './client-error.ts';

// SQLSTATE of a missing table, column, or schema.
const missingObjectStates = new Set(['42P01', '42703', '3F000']);

const migrateFirst =
  'Call `migrate`, or run `bitmart-sync migrate` (in the repository `npm run --silent cli -- migrate`).';

/** A failed statement in words: which server, what happened, what to do. Never the URL, which carries a password. */
export function databaseFailure(error: unknown, databaseUrl: string): unknown {
  if (!(error instanceof Error) || error instanceof ClientError) return error;
  if (error.name === 'SchemaBehind')
    return new ClientError('schema-outdated', error.message, migrateFirst, { cause: error });
  if (error instanceof RoleUnavailable || error instanceof RolesMissing) return roleFailure(error);
  if (missingObjectStates.has(String((error as { code?: unknown }).code))) {
    return new ClientError(
      'schema-outdated',
      'The database has not the tables that this program needs.',
      migrateFirst,
      { cause: error },
    );
  }
  // SQLSTATE class 22: a value that it can't take. What is said of it may quote the value.
  if (/^22/.test(String((error as { code?: unknown }).code))) {
    return new ClientError('wrong-usage', 'Postgres can not take a value of this request.', 'Correct it.', {
      cause: error,
    });
  }
  const trouble = databaseTrouble(error);
  if (trouble === null) return error;
  return new ClientError(
    'database-unreachable',
    `Postgres at ${placeOf(databaseUrl)} can't be used: ${trouble.sentence} (${error.message || trouble.code}).`,
    trouble.condition === 'unreachable'
      ? 'Start it, or correct `databaseUrl` (DATABASE_URL of the command line).'
      : trouble.remedy,
    { cause: error },
  );
}

function roleFailure(error: RoleUnavailable | RolesMissing): ClientError {
  const isBehind = error instanceof RoleUnavailable && !error.exists;
  return isBehind
    ? new ClientError('schema-outdated', 'The database has not the roles that this program takes.', migrateFirst, {
        cause: error,
      })
    : new ClientError('database-role', error.message, 'docs/deployment.md shows the logins and their roles.', {
        cause: error,
      });
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
