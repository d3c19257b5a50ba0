import { sql } from 'kysely';
import type { Database } from './database.ts';
import { type DatabaseRole, databaseRoles, roleName } from './role-name.ts';

/** `migrate` needs roles that this login can't make. Nothing was changed. */
export class RolesMissing extends Error {
  override readonly name = 'RolesMissing';
  /** The statements that a superuser, or a login with CREATEROLE, has to run once. */
  readonly statements: string;

  constructor(login: string, missing: readonly string[], statements: string) {
    super(
      `The login ${login} lacks ${missing.join(', ')}, and may not make roles itself. ` +
        `Run this once as a superuser or a login with CREATEROLE, and migrate again:\n\n${statements}\n`,
    );
    this.statements = statements;
  }
}

/**
 * Makes the three roles unless they exist, and grants them to this login, which owns the tables. Roles belong to the whole
 * server: another database with a schema of the same name shares them, and may be making them at this moment.
 */
export async function ensureRoles(database: Database): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const state = await rolesOf(database);
    const create = state.roles.filter((role) => !role.exists).map(({ name }) => name);
    const grant = state.roles.filter((role) => !role.held).map(({ name }) => name);
    if (create.length + grant.length === 0) return;
    const statements = [
      ...create.map((name) => `create role ${name} nologin;`),
      // With inherit, because under forced row-level security the owner of a table sees its rows only through the worker's
      // policy.
      `grant ${grant.join(', ')} to "${state.login.replaceAll('"', '""')}"${state.version >= 160_000 ? ' with inherit true, set true' : ''};`,
    ];
    try {
      // One transaction, so that a role that exists is already granted to the login that made it.
      await database.kysely.transaction().execute(async (transaction) => {
        for (const statement of statements) await sql.raw(statement).execute(transaction);
      });
      return;
    } catch (error) {
      const code = String((error as { code?: unknown }).code);
      if (code === '42501') {
        throw new RolesMissing(state.login, missingOf(create, grant), statements.join('\n'));
      }
      if (!madeMeanwhile.has(code) || attempt >= maxAttempts) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 100));
    }
  }
}

/** If two processes make a role at once, one fails and then finds it. Only test runs have more than a handful at once. */
const maxAttempts = 50;

/** SQLSTATE of an existing role, of its entry in the catalogue, and of a row there that another session has just changed. */
const madeMeanwhile: ReadonlySet<string> = new Set(['42710', '23505', 'XX000', '40001', '40P01']);

function missingOf(create: readonly string[], grant: readonly string[]): readonly string[] {
  return grant.map((name) => (create.includes(name) ? `the role ${name}` : `membership of the role ${name}`));
}

interface RoleState {
  readonly login: string;
  readonly version: number;
  readonly roles: readonly { readonly name: string; readonly exists: boolean; readonly held: boolean }[];
}

async function rolesOf({ kysely, schema }: Database): Promise<RoleState> {
  const names = databaseRoles.map((role) => roleName(schema, role));
  const { rows } = await sql<{ login: string; version: number; name: string; exists: boolean; held: boolean }>`
    select current_user as login, current_setting('server_version_num')::int as version, name,
           pg_roles.oid is not null as exists,
           case when pg_roles.oid is null then false
                when current_setting('server_version_num')::int >= 160000
                then pg_has_role(pg_roles.oid, 'USAGE') and pg_has_role(pg_roles.oid, 'SET')
                else pg_has_role(pg_roles.oid, 'USAGE') end as held
    from unnest(${names}::text[]) as name left join pg_roles on rolname = name`.execute(kysely);
  const [first] = rows as [(typeof rows)[number], ...typeof rows];
  return { login: first.login, version: first.version, roles: rows };
}

/** Which roles this login may act as. */
export async function rolesHeld(database: Database): Promise<readonly DatabaseRole[]> {
  const { roles } = await rolesOf(database);
  return databaseRoles.filter((role) =>
    roles.some(({ name, held }) => held && name === roleName(database.schema, role)),
  );
}
