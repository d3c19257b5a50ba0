/** `npm run schema`: writes docs/schema.sql, the tables as the migrations leave them. A test compares the two. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';

export const schemaFile = fileURLToPath(new URL('../docs/schema.sql', import.meta.url));

const head = `-- The tables of bitmart-sync, as the migrations in src/database/migrations leave them.
-- To read, not to run: \`bitmart-sync migrate\` makes them. After adding a migration write this file anew: npm run schema
`;

/** Everything in our schema, read from the catalogue, in an order that only changes when the schema does. */
export async function dumpSchema(pool: pg.Pool, schema: string): Promise<string> {
  const { rows } = await pool.query<{ statement: string }>(
    `
with own as (
  select oid, relname, reloptions from pg_class
  where relnamespace = $1::regnamespace and relkind = 'r' and relname not like 'kysely%'
), ranked as (
  select 1 as rank, proname::text as name, '' as detail, pg_get_functiondef(pg_proc.oid) || ';' as statement
  from pg_proc where pronamespace = $1::regnamespace
  union all
  select 2, relname, '1', 'create table ' || relname || E' (\\n' || string_agg(
      '  ' || attname || ' ' || format_type(atttypid, atttypmod)
        || case when attnotnull then ' not null' else '' end
        || coalesce(' default ' || pg_get_expr(adbin, adrelid), ''),
      E',\\n' order by attname)
    || E'\\n)' || coalesce(' with (' || array_to_string(reloptions, ', ') || ')', '') || ';'
  from own
  join pg_attribute on attrelid = own.oid and attnum > 0 and not attisdropped
  left join pg_attrdef on adrelid = own.oid and adnum = attnum
  group by relname, reloptions
  union all
  select 2, relname, '2 ' || conname, 'alter table ' || relname || ' add constraint ' || conname || ' ' || pg_get_constraintdef(pg_constraint.oid) || ';'
  from own join pg_constraint on conrelid = own.oid where contype <> 'n'
  union all
  select 2, relname, '3 ' || indexrelid::regclass, pg_get_indexdef(indexrelid) || ';'
  from own join pg_index on indrelid = own.oid
  where not exists (select from pg_constraint where conindid = indexrelid and contype in ('p', 'u'))
  union all
  select 2, relname, '4 ' || tgname, pg_get_triggerdef(pg_trigger.oid) || ';'
  from own join pg_trigger on tgrelid = own.oid where not tgisinternal
)
select statement from ranked order by rank, name collate "C", detail collate "C"`,
    [schema],
  );
  const statements = rows.map(({ statement }) => statement.replaceAll(`${schema}.`, '').replace(/[ \t]+$/gm, ''));
  return `${[head, ...statements].join('\n')}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [{ connectDatabase, migrate }, { freshDatabase }] = await Promise.all([
    import('../src/database/index.ts'),
    import('../test/support/database.ts'),
  ]);
  const fresh = await freshDatabase();
  const database = connectDatabase({ url: fresh.url });
  await migrate(database);
  writeFileSync(schemaFile, await dumpSchema(database.pool, database.schema));
  console.log(`${schemaFile} written`);
  await database.close();
  process.exit();
}
