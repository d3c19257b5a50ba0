import { sql } from 'kysely';
import type { Database } from '../../src/database/index.ts';

/** But for the receipts of erasures, which outlive their account. */
export async function tablesWithAccounts(database: Database): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.columns
    where table_schema = ${database.schema} and column_name = 'account_id' and table_name <> 'erasure' order by 1`.execute(
    database.kysely,
  );
  return rows.map((row) => row.name);
}

/** Names of the tables that hold any row of an account. */
export async function rowsAnywhere(database: Database, accountId: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const table of await tablesWithAccounts(database)) {
    const { rows } = await sql`select 1 from ${sql.id(table)} where account_id = ${accountId} limit 1`.execute(
      database.kysely,
    );
    if (rows.length > 0) found.push(table);
  }
  return found;
}

const samples: Record<string, string> = {
  text: `'x'`,
  'timestamp with time zone': 'now()',
  uuid: 'gen_random_uuid()',
  json: `'{}'`,
  jsonb: `'[]'`,
  bytea: `''`,
  tstzmultirange: `'{}'`,
  tstzrange: `'empty'`,
};

/** A row with something in every column that needs something. */
export async function insertAnything(
  database: Database,
  table: string,
  accountId: string,
  ownerId = 'x',
): Promise<void> {
  const { rows } = await sql<{ name: string; type: string }>`
    select column_name as name, data_type as type from information_schema.columns
    where table_schema = ${database.schema} and table_name = ${table} and is_nullable = 'NO' and column_default is null
      and column_name <> 'account_id'`.execute(database.kysely);
  const special: Record<string, string> = {
    status: table === 'account' ? `'live'` : `'x'`,
    state: `'active'`,
    verdict: `'proves'`,
    reason: table === 'gap' ? `'refused'` : `'x'`,
    to_at: `now() + interval '1 s'`,
    reach_ms: '1',
    owner_id: `'${ownerId}'`,
    session_id: `'${accountId}'`,
    token_hash: `'${accountId}'::bytea`,
  };
  const columns = ['account_id', ...rows.map((row) => row.name)];
  const values = rows.map((row) => special[row.name] ?? samples[row.type] ?? '0');
  await sql`insert into ${sql.id(table)} (${sql.join(columns.map((name) => sql.id(name)))})
    values (${accountId}, ${sql.join(values.map((value) => sql.raw(value)))})`.execute(database.kysely);
}

/** A row with something in every column there is, with the text in each that holds text. */
export async function insertEverything(
  database: Database,
  table: string,
  { account, owner, text }: { readonly account: string; readonly owner: string; readonly text: string },
): Promise<void> {
  const { rows } = await sql<{ name: string; type: string }>`
    select column_name as name, data_type as type from information_schema.columns
    where table_schema = ${database.schema} and table_name = ${table} and column_name <> 'account_id'`.execute(
    database.kysely,
  );
  const named: Readonly<Record<string, string>> = {
    owner_id: owner,
    session_id: `${account} session`,
    merged_into: 'somewhere',
    ...(table === 'account' ? { status: 'live' } : {}),
    ...(table === 'gap' ? { reason: 'refused' } : {}),
    ...(table === 'api_key' ? { state: 'active' } : {}),
    ...(table === 'link_session' ? { state: 'open' } : {}),
  };
  const raw: Readonly<Record<string, string>> = { to_at: `now() + interval '1 s'`, reach_ms: '1' };
  const values = rows.map(({ name, type }) => {
    const given = named[name];
    if (given !== undefined) return sql`${given}::text`;
    if (raw[name] !== undefined) return sql.raw(raw[name]);
    if (type === 'text') return sql`${`${text} ${name}`}::text`;
    if (type === 'json' || type === 'jsonb') return sql`${JSON.stringify([text])}::text::${sql.raw(type)}`;
    if (type === 'ARRAY') return sql`array[${text}::text]`;
    if (type === 'bytea') return sql`convert_to(${`${text} ${account}`}, 'UTF8')`;
    if (type === 'boolean') return sql`true`;
    return sql.raw(samples[type] ?? '0');
  });
  const columns = ['account_id', ...rows.map(({ name }) => name)].map((name) => sql.id(name));
  await sql`insert into ${sql.id(table)} (${sql.join(columns)}) values (${account}, ${sql.join(values)})`.execute(
    database.kysely,
  );
}
