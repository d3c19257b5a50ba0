import { sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import type { Database } from './database.ts';
import { migrations } from './migrations/index.ts';

/** Brings the schema up to this code and answers with the names of the migrations that ran. Safe to run at once from two places. */
export async function migrate(database: Database): Promise<readonly string[]> {
  await createSchema(database);
  const { missing } = await compareSchema(database);
  if (missing.length === 0) return [];
  const migrator = new Migrator({
    db: database.kysely,
    provider: { getMigrations: async () => ({ ...migrations }) as Record<string, Migration> },
    migrationTableSchema: database.schema,
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error) {
    const failed = results?.find((result) => result.status === 'Error')?.migrationName;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `The schema ${database.schema} could not be migrated${failed ? ` (${failed})` : ''}: ${reason}. Nothing was changed.`,
      { cause: error },
    );
  }
  return (results ?? []).filter((result) => result.status === 'Success').map((result) => result.migrationName);
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
  const { rows } = await sql<{ exists: boolean }>`
    select to_regclass(${`${database.schema}.kysely_migration`}) is not null as exists`.execute(database.kysely);
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
  // Asked first, because creating needs a right on the whole database that a role may lack when somebody else made the schema.
  const { rows } = await sql<{ exists: boolean }>`
    select to_regnamespace(${database.schema}) is not null as exists`.execute(database.kysely);
  if (rows[0]?.exists) return;
  try {
    await sql`create schema if not exists ${sql.id(database.schema)}`.execute(database.kysely);
  } catch (error) {
    // "If not exists" looks first and creates then: whoever comes between the two has made it for us.
    if (!createdMeanwhile.has(String((error as { code?: unknown }).code))) throw error;
  }
}

/** SQLSTATE of a duplicate key in the catalogue, and of a schema that exists. */
const createdMeanwhile: ReadonlySet<string> = new Set(['23505', '42P06']);
