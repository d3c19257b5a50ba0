import { databaseTrouble, RolesMissing, RoleUnavailable } from '../database/index.ts';
import { ClientError, type ClientErrorCode } from './client-error.ts';

// SQLSTATE of a missing table, column, or schema.
const missingObjectStates = new Set(['42P01', '42703', '3F000']);

const migrateFirst =
  'Call `migrate`, or run `bitmart-sync migrate` (in the repository `npm run --silent cli -- migrate`).';

/** Describes a failed statement: which server, what happened, what to do. Never the URL, which holds a password. */
export function databaseFailure(error: unknown, databaseUrl: string): unknown {
  if (!(error instanceof Error) || error instanceof ClientError) return error;
  const failure = (code: ClientErrorCode, message: string, remedy: string) =>
    new ClientError(code, message, remedy, { cause: error });
  if (error.name === 'SchemaBehind') return failure('schema-outdated', error.message, migrateFirst);
  if (error instanceof RoleUnavailable && !error.exists)
    return failure('schema-outdated', 'The database has not the roles that this program takes.', migrateFirst);
  if (error instanceof RoleUnavailable || error instanceof RolesMissing)
    return failure('database-role', error.message, 'docs/deployment.md shows the logins and their roles.');
  const state = String((error as { code?: unknown }).code);
  if (missingObjectStates.has(state))
    return failure('schema-outdated', 'The database has not the tables that this program needs.', migrateFirst);
  // SQLSTATE class 22: a value that Postgres can't store. Its own message may quote the value.
  if (/^22/.test(state)) return failure('wrong-usage', 'Postgres can not take a value of this request.', 'Correct it.');
  const trouble = databaseTrouble(error);
  if (trouble === null) return error;
  return failure(
    'database-unreachable',
    `Postgres at ${placeOf(databaseUrl)} can't be used: ${trouble.sentence} (${error.message || trouble.code}).`,
    trouble.condition === 'unreachable'
      ? 'Start it, or correct `databaseUrl` (DATABASE_URL of the command line).'
      : trouble.remedy,
  );
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
