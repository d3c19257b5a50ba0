import { sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import type { Database } from './database.ts';
import { migrations } from './migrations/index.ts';
import { ensureRoles } from './roles.ts';

export interface MigrateOptions {
  /** The last migration that runs. @default all of them */
  readonly through?: string | undefined;
  /** How long a migration waits for a table in use, and every other statement behind it. @default 3 s */
  readonly lockTimeoutMs?: number | undefined;
  /** How often it is tried while tables are in use. @default 20, with 2 s in between */
  readonly attempts?: number | undefined;
}

/** Long enough for a page that holds the tables to commit. */
const pauseMs = 2_000;

/**
 * Brings the schema up to this code and answers with the names of the migrations that ran. Safe to run at once from two
 * places, and while workers are at work: what can't have a table within moments gives way, so that no statement waits behind it
 * for long, and tries again.
 */
export async function migrate(database: Database, options: MigrateOptions = {}): Promise<readonly string[]> {
  const { lockTimeoutMs = 3_000, attempts = 20 } = options;
  await createSchema(database);
  // Also where nothing else is to do: a copy of a database comes to a server without its roles.
  await ensureRoles(database);
  const { missing } = await compareSchema(database);
  if (missing.length === 0) return [];
  for (let attempt = 1; ; attempt++) {
    const { error, results } = await migratorFor(database, lockTimeoutMs).migrateTo(options.through ?? newest);
    if (error === undefined) {
      return (results ?? []).filter((result) => result.status === 'Success').map((result) => result.migrationName);
    }
    const inUse = tableInUse.has(String((error as { code?: unknown }).code));
    if (!inUse || attempt >= attempts) {
      const failed = results?.find((result) => result.status === 'Error')?.migrationName;
      throw migrationFailure(database.schema, failed, inUse, error);
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

function migratorFor(database: Database, lockTimeoutMs: number): Migrator {
  // Only once it is our turn to migrate: another program that migrates at this moment may take longer.
  const impatient = ([name, migration]: [string, Migration]): [string, Migration] => [
    name,
    {
      async up(transaction) {
        await sql`set local lock_timeout = ${sql.lit(lockTimeoutMs)}`.execute(transaction);
        await migration.up(transaction);
      },
    },
  ];
  const ours = Object.fromEntries(Object.entries(migrations).map(impatient));
  return new Migrator({
    db: database.kysely,
    provider: { getMigrations: async () => ours },
    migrationTableSchema: database.schema,
  });
}

const newest = Object.keys(migrations).at(-1) as string;

/** SQLSTATE of a lock that was not had in time, and of two transactions that wait for each other's. */
const tableInUse: ReadonlySet<string> = new Set(['55P03', '40P01']);

function migrationFailure(schema: string, failed: string | undefined, inUse: boolean, error: unknown): Error {
  const reason = inUse
    ? 'a table is in use by a transaction that does not end (see pg_stat_activity); end it, and migrate again'
    : error instanceof Error
      ? error.message
      : String(error);
  const which = failed === undefined ? '' : ` (${failed})`;
  return new Error(`The schema ${schema} could not be migrated${which}: ${reason}. Nothing was changed.`, {
    cause: error,
  });
}

/** The schema lacks migrations of this code; until they run, nothing that needs it may start. */
export class SchemaBehind extends Error {
  override readonly name = 'SchemaBehind';
  readonly missing: readonly string[];

  constructor(schema: string, missing: readonly string[]) {
    super(
      `The database schema ${schema} is older than this program: ${missing.join(', ')} missing. ` +
        'Run `bitmart-sync migrate` (in the repository `npm run cli -- migrate`) and start again.',
    );
    this.missing = missing;
  }
}

/** Throws SchemaBehind when migrations are missing. A schema newer than the code is no reason to stop. */
export async function requireCurrentSchema(database: Database): Promise<void> {
  const { missing } = await compareSchema(database);
  if (missing.length > 0) throw new SchemaBehind(database.schema, missing);
}

/** What this code has and the schema lacks, and what the schema has and this code does not know. */
export async function compareSchema(
  database: Database,
): Promise<{ readonly missing: readonly string[]; readonly unknown: readonly string[] }> {
  const names = Object.keys(migrations);
  // A schema that is not migrated has granted our role nothing yet, not even to look whether it holds a table.
  const { rows } = await sql<{ exists: boolean }>`
    select exists (
      select from pg_catalog.pg_class as class
      join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
      where namespace.nspname = ${database.schema} and class.relname = 'kysely_migration'
        and has_schema_privilege(namespace.oid, 'usage') and has_table_privilege(class.oid, 'select')
    ) as exists`.execute(database.kysely);
  if (!rows[0]?.exists) return { missing: names, unknown: [] };
  const applied = await sql<{ name: string }>`
    select name from ${sql.id(database.schema, 'kysely_migration')} order by name`.execute(database.kysely);
  const appliedNames = new Set(applied.rows.map((row) => row.name));
  return {
    missing: names.filter((name) => !appliedNames.has(name)),
    unknown: [...appliedNames].filter((name) => !names.includes(name)),
  };
}

async function createSchema(database: Database): Promise<void> {
  // Asked first, because creating needs a right on the whole database that a role may lack when another login made the schema.
  const { rows } = await sql<{ exists: boolean }>`
    select to_regnamespace(${database.schema}) is not null as exists`.execute(database.kysely);
  if (rows[0]?.exists) return;
  try {
    await sql`create schema if not exists ${sql.id(database.schema)}`.execute(database.kysely);
  } catch (error) {
    // "If not exists" looks first and creates then: a process that comes between the two has made it for us.
    if (!createdMeanwhile.has(String((error as { code?: unknown }).code))) throw error;
  }
}

/** SQLSTATE of a duplicate key in the catalogue, and of a schema that exists. */
const createdMeanwhile: ReadonlySet<string> = new Set(['23505', '42P06']);
