import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { confined, schemaOf } from './grants.ts';

/** Functions with the worker's rights, as `runAsWorker` now makes them: a caller's temporary table can't hide ours. */
export const confinedFunctions: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    const schema = await schemaOf(database);
    const { rows } = await sql<{ signature: string }>`
      select oid::regprocedure::text as signature from pg_proc
      where pronamespace = current_schema()::regnamespace and prosecdef`.execute(database);
    const statements = rows.flatMap(({ signature }) => confined(signature, schema));
    await sql.raw(statements.join(';\n')).execute(database);
  },
};
