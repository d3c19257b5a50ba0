import { inspect } from 'node:util';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { instantMs } from './instants.ts';
import { asRoleFailure, type DatabaseRole, RoleUnavailable, roleName } from './role-name.ts';
import type { Tables } from './schema.ts';

/** One pool of connections, whose sessions see only our schema. */
export interface Database {
  readonly kysely: Kysely<Tables>;
  /** For the statements of a page, which go to the driver directly. */
  readonly pool: pg.Pool;
  readonly schema: string;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly url: string;
  /** @default 'bitmart_sync' */
  readonly schema?: string | undefined;
  /** The role that every connection takes. Left out: the login itself, as in `migrate`. */
  readonly role?: DatabaseRole | undefined;
  /** @default 10 */
  readonly poolSize?: number | undefined;
  /** Shown in `pg_stat_activity`. @default 'bitmart-sync' */
  readonly applicationName?: string | undefined;
}

export const defaultSchema = 'bitmart_sync';

/** Leaves room for the names of its roles: Postgres truncates names after 63 bytes. */
export const schemaPattern = /^[a-z_][a-z0-9_]{0,55}$/;

/** How long a connection may take to open, or to become free. */
const connectionTimeoutMs = 30_000;

/** A worker that froze in the middle of a page must not hold the part's row forever. */
const idleInTransactionTimeoutMs = 60_000;

/** Opens a pool. Nothing is connected before the first statement; close it when done. */
export function connectDatabase(options: DatabaseOptions): Database {
  const schema = options.schema ?? defaultSchema;
  if (!schemaPattern.test(schema)) {
    throw new Error(
      `DATABASE_SCHEMA "${schema}" is not a lower-case name of at most 56 letters, digits and underscores.`,
    );
  }
  const role = options.role === undefined ? null : roleName(schema, options.role);
  const pool = new pg.Pool({
    Client: clientOf(withSessionOptions(options.url, schema, role)),
    max: options.poolSize ?? 10,
    application_name: options.applicationName ?? 'bitmart-sync',
    connectionTimeoutMillis: connectionTimeoutMs,
    keepAlive: true,
    // Independent statements are sent together.
    pipeline: true,
    types: valueParsers(pg),
    ...(role !== null && { onConnect: (client: pg.ClientBase) => requireRole(client, role) }),
  });
  // A connection that breaks while idle leaves the pool; the next statement gets another one.
  pool.on('error', () => undefined);
  // One that breaks in use fails its statement and is not reused; without this handler it would also end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  if (role !== null) explainRole(pool, role);
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  const close = async () => {
    await kysely.destroy();
    // Kysely leaves it open where it was asked nothing itself.
    if (!pool.ending) await pool.end();
  };
  return { kysely, pool, schema, close };
}

/** Connections to one address. The address holds a password, so neither the pool nor a connection shows it when printed. */
function clientOf(address: string): new () => pg.ClientBase {
  return class extends pg.Client {
    constructor(options?: pg.ClientConfig) {
      super({ ...options, connectionString: address });
    }

    [inspect.custom](): string {
      return `[connection to ${this.host}:${this.port}/${this.database}]`;
    }
  };
}

/** A pooler may drop the options of a connection's start: then it would act as the login, which may see everything. */
async function requireRole(client: pg.ClientBase, role: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>('select current_user as name');
  if (rows[0]?.name !== role) throw new RoleUnavailable(role, 'not-taken');
}

/** Makes a failed connection report its role as the reason, if it is. */
function explainRole(pool: pg.Pool, role: string): void {
  const connect = pool.connect.bind(pool);
  type Callback = (error: Error | undefined, client: pg.PoolClient | undefined, release: () => void) => void;
  pool.connect = ((callback?: Callback) => {
    if (callback === undefined) return connect().catch((error: unknown) => Promise.reject(asRoleFailure(error, role)));
    connect((error, client, release) => callback(asRoleFailure(error, role) as Error | undefined, client, release));
  }) as pg.Pool['connect'];
}

/** Like `18.4`. */
export async function serverVersion({ pool }: Database): Promise<string> {
  const { rows } = await pool.query<{ server_version: string }>('show server_version');
  return String(rows[0]?.server_version);
}

/**
 * Fails as a page would if Postgres has no space, or accepts no changes: makes a temporary table of two megabytes, and rolls it
 * back. False if this role may not make one, so that the answer is unknown.
 */
export async function tryStoring({ pool }: Database): Promise<boolean> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query(
      `create temporary table space_needed as select repeat('-', 1000) as filling from generate_series(1, 2000)`,
    );
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code !== insufficientPrivilege) throw error;
    return false;
  } finally {
    await client.query('rollback').catch(() => undefined);
    client.release();
  }
}

const insufficientPrivilege = '42501';

/** The URL with our session settings, after its own options. */
function withSessionOptions(url: string, schema: string, role: string | null): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (!parsed || !['postgres:', 'postgresql:'].includes(parsed.protocol)) {
    throw new Error('DATABASE_URL is not an address like postgres://user:password@host:5432/database.');
  }
  const settings = [
    `-c search_path=${schema}`,
    '-c timezone=UTC',
    '-c datestyle=ISO',
    `-c idle_in_transaction_session_timeout=${idleInTransactionTimeoutMs}`,
    // As an option of the session's start it has no former value: `reset role` returns to it.
    ...(role === null ? [] : [`-c role=${role}`]),
  ];
  const own = parsed.searchParams.get('options');
  parsed.searchParams.set('options', [own, ...settings].filter(Boolean).join(' '));
  return parsed.toString();
}

type Parser = (text: string) => unknown;

/**
 * How Postgres's types become values, without losing digits: amounts (`numeric`) stay text, `json` keeps the served text,
 * counts become numbers while exact, times become Date.
 */
const parsers = new Map<number, Parser>([
  [16, (text) => text === 't'],
  [17, (text) => Buffer.from(text.slice(2), 'hex')],
  [20, (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : text)],
  [21, Number],
  [23, Number],
  [26, Number],
  [701, Number],
  [1184, (text) => new Date(instantMs(text))],
  [3802, (text) => JSON.parse(text)],
]);

const textArrays = new Set([1009, 1015]);

function valueParsers(driver: typeof pg): pg.CustomTypesConfig {
  return {
    getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
      if (format === 'binary') return driver.types.getTypeParser(oid, 'binary');
      if (textArrays.has(oid)) return driver.types.getTypeParser(oid, 'text');
      return parsers.get(oid) ?? ((text: string) => text);
    }) as pg.CustomTypesConfig['getTypeParser'],
  };
}
