import { type Kysely, sql } from 'kysely';
import { type DatabaseRole, roleName } from '../role-name.ts';

type Transaction = Kysely<unknown>;

/** What a role may do with a table, as Postgres writes it: `select, update (label)`. Null: nothing. */
export interface TableGrants {
  /** @default everything that rows need: select, insert, update, delete */
  readonly worker?: string | null;
  /** Limited to its owner's rows, if the table has accounts or owners. @default select */
  readonly client?: string | null;
  /** @default select */
  readonly reader?: string | null;
  /** A further condition on rows that the client writes or deletes. */
  readonly clientInserts?: string;
  readonly clientDeletes?: string;
}

/** The owner that the transaction named; null, which equals nothing, if it named none. */
const namedOwner = `nullif(current_setting('bitmart_sync.owner', true), '')`;

/**
 * The only place that grants rights. A table with accounts or owners also gets row-level security, forced, so that it binds the
 * tables' owner too: the worker and the reader see every row, a client the rows of the owner that its transaction names.
 */
export async function grantTable(transaction: Transaction, table: string, grants: TableGrants = {}): Promise<void> {
  const { worker = 'select, insert, update, delete', client = 'select', reader = 'select' } = grants;
  const schema = await schemaOf(transaction);
  const statements: string[] = [];
  const roleOf = (role: DatabaseRole) => `"${roleName(schema, role)}"`;
  for (const [role, privileges] of Object.entries({ worker, client, reader }) as [DatabaseRole, string | null][]) {
    statements.push(`revoke all on ${table} from ${roleOf(role)}`);
    if (privileges !== null) statements.push(`grant ${privileges} on ${table} to ${roleOf(role)}`);
  }
  const columns = await columnsOf(transaction, table);
  if (columns.includes('owner_id') || columns.includes('account_id')) {
    const isOwn = columns.includes('owner_id')
      ? `owner_id = ${namedOwner}`
      : // Not correlated: looked up once a statement, and not once a row.
        `account_id in (select account_id from account where owner_id = ${namedOwner})`;
    const writes = grants.clientInserts ? `${isOwn} and ${grants.clientInserts}` : isOwn;
    const deletes = grants.clientDeletes ? `${isOwn} and ${grants.clientDeletes}` : isOwn;
    statements.push(
      `alter table ${table} enable row level security, force row level security`,
      `create policy worker on ${table} to ${roleOf('worker')} using (true) with check (true)`,
      `create policy reader on ${table} for select to ${roleOf('reader')} using (true)`,
      `create policy client on ${table} for select to ${roleOf('client')} using (${isOwn})`,
      `create policy client_inserts on ${table} for insert to ${roleOf('client')} with check (${writes})`,
      `create policy client_updates on ${table} for update to ${roleOf('client')} using (${isOwn}) with check (${isOwn})`,
      `create policy client_deletes on ${table} for delete to ${roleOf('client')} using (${deletes})`,
    );
  }
  await sql.raw(statements.join(';\n')).execute(transaction);
}

/**
 * Grants every table with accounts that has no grants yet, with the defaults of `grantTable`: for migrations that add record
 * tables. Migrations of tables with secrets call `grantTable`.
 */
export async function grantNewTables(transaction: Transaction): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_class
    where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and not relrowsecurity
      and exists (select from pg_attribute where attrelid = pg_class.oid and attname = 'account_id' and not attisdropped)
    order by relname`.execute(transaction);
  for (const { name } of rows) await grantTable(transaction, name);
}

/**
 * Makes the function run with the worker's rights (`security definer`). Only the named roles and triggers may call it.
 */
export async function runAsWorker(
  transaction: Transaction,
  signature: string,
  callers: readonly DatabaseRole[],
): Promise<void> {
  const schema = await schemaOf(transaction);
  const worker = `"${roleName(schema, 'worker')}"`;
  const statements = [
    ...confined(signature, schema),
    ...callers.map((role) => `grant execute on function ${signature} to "${roleName(schema, role)}"`),
    `alter function ${signature} security definer`,
    // At that moment the new owner of a function needs the right to create one.
    `grant create on schema "${schema}" to ${worker}`,
    `alter function ${signature} owner to ${worker}`,
    `revoke create on schema "${schema}" from ${worker}`,
  ];
  await sql.raw(statements.join(';\n')).execute(transaction);
}

/**
 * Unless `pg_temp` is named, Postgres looks for tables there first: a caller's temporary table would hide ours, and its
 * triggers would run with the function's rights. And a role that may execute a trigger's function can attach it to a table of
 * its own.
 */
export function confined(signature: string, schema: string): readonly string[] {
  return [
    `alter function ${signature} set search_path = "${schema}", pg_temp`,
    `revoke all on function ${signature} from public`,
  ];
}

export async function schemaOf(transaction: Transaction): Promise<string> {
  const { rows } = await sql<{ schema: string }>`select current_schema() as schema`.execute(transaction);
  return String(rows[0]?.schema);
}

async function columnsOf(transaction: Transaction, table: string): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select attname as name from pg_attribute where attrelid = ${table}::regclass and attnum > 0 and not attisdropped`.execute(
    transaction,
  );
  return rows.map(({ name }) => name);
}
