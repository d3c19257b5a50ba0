import { sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import type { Database } from './database.ts';
import { migrations } from './migrations/index.ts';
import { ensureRoles } from './roles.ts';

export interface MigrateOptions {
  /** The last migration that runs. @default all of them */
  readonly through?: string | undefined;
  /** How long a migration waits for a table in use, and every statement behind it. @default 3 s */
  readonly lockTimeoutMs?: number | undefined;
  /** How often a migration is tried while tables are in use. @default 20, with 2 s in between */
  readonly attempts?: number | undefined;
}

/** Long enough for a page that holds the tables to commit. */
const pauseMs = 2_000;

/**
 * Brings the schema up to date and returns the names of the migrations that ran. Safe to run from two places at once, and while
 * workers run: a migration that can't lock a table within moments releases it, so that no statement waits behind it for long,
 * and tries again.
 */
export async function migrate(database: Database, options: MigrateOptions = {}): Promise<readonly string[]> {
  const { lockTimeoutMs = 3_000, attempts = 20 } = options;
  await createSchema(database);
  // Even if nothing else has to be done, because a copied database may come to a server without its roles.
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
  // Set only within the migration, because waiting for another program that migrates may take longer.
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

/** SQLSTATE of a lock timeout, and of a deadlock. */
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

/** The schema lacks migrations of this code; nothing that needs it may start before they run. */
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

/** Throws SchemaBehind if migrations are missing. A schema that is newer than the code is fine. */
export async function requireCurrentSchema(database: Database): Promise<void> {
  const { missing } = await compareSchema(database);
  if (missing.length > 0) throw new SchemaBehind(database.schema, missing);
}

/** The migrations that the schema lacks, and those that this code does not know. */
export async function compareSchema(
  database: Database,
): Promise<{ readonly missing: readonly string[]; readonly unknown: readonly string[] }> {
  const names = Object.keys(migrations);
  // An unmigrated schema grants our role nothing, not even to look up its tables.
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
  // Checked first, because creating needs a right on the whole database that a role may lack if another login made the schema.
  const { rows } = await sql<{ exists: boolean }>`
    select to_regnamespace(${database.schema}) is not null as exists`.execute(database.kysely);
  if (rows[0]?.exists) return;
  try {
    await sql`create schema if not exists ${sql.id(database.schema)}`.execute(database.kysely);
  } catch (error) {
    // "If not exists" checks first and creates afterwards: another process may create it in between.
    if (!createdMeanwhile.has(String((error as { code?: unknown }).code))) throw error;
  }
}

/** SQLSTATE of a duplicate key in the catalogue, and of an existing schema. */
const createdMeanwhile: ReadonlySet<string> = new Set(['23505', '42P06']);
