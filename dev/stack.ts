import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { generateKeyRing } from '../src/credentials/key-ring.ts';
import { portOf } from './kept-ports.ts';
import { startPostgres } from './postgres.ts';
import { startTemporal } from './temporal.ts';

export interface StackOptions {
  /** The folder of the state and the file `env`. */
  readonly directory: string;
  /** Remove everything at the end. */
  readonly temporary?: boolean;
  /** Settings of Postgres besides our own, where it is started here. */
  readonly postgresSettings?: Readonly<Record<string, string>>;
  /** Names what runs already. @default our environment */
  readonly named?: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
}

type StackVariable =
  | 'DATABASE_URL'
  | 'TEMPORAL_ADDRESS'
  | 'TEMPORAL_NAMESPACE'
  | 'TEMPORAL_UI'
  | 'CREDENTIALS_PUBLIC_KEY'
  | 'CREDENTIALS_KEY_FILE';

export interface Stack {
  /** What a worker or a client needs, as environment variables. */
  readonly env: Readonly<Record<StackVariable, string>>;
  readonly uiUrl: string | null;
  /** Of the Postgres that was started here, as its superuser: for what only the superuser may do. */
  readonly superuserUrl: string | null;
  stop(): Promise<void>;
}

/** Postgres, Temporal with its UI and a key pair; only what the environment does not already name is started. */
export async function startStack({
  directory,
  temporary = false,
  postgresSettings = {},
  named = process.env,
  say,
}: StackOptions): Promise<Stack> {
  mkdirSync(directory, { recursive: true });
  const parts: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    await Promise.all(parts.map((part) => part.stop()));
    if (temporary) rmSync(directory, { recursive: true, force: true });
  };
  try {
    const temporalPorts = {
      port: await portOf(directory, 'temporal', say),
      uiPort: await portOf(directory, 'temporal-ui', say),
    };
    const postgresPort = named.DATABASE_URL ? null : await portOf(directory, 'postgres', say);
    const temporalStart = named.TEMPORAL_ADDRESS
      ? null
      : startTemporal({ directory: join(directory, 'temporal'), temporary, ...temporalPorts, say });
    const postgresStart =
      postgresPort === null
        ? null
        : startPostgres({
            directory: join(directory, 'database'),
            temporary,
            settings: postgresSettings,
            port: postgresPort,
          });
    const started = await Promise.allSettled([temporalStart, postgresStart]);
    for (const part of started) if (part.status === 'fulfilled' && part.value) parts.push(part.value);
    for (const part of started) if (part.status === 'rejected') throw part.reason;
    const temporal = await temporalStart;
    const postgres = await postgresStart;
    const keys = await keyPair(directory);
    const env = {
      DATABASE_URL: postgres?.url ?? (named.DATABASE_URL as string),
      TEMPORAL_ADDRESS: temporal?.address ?? (named.TEMPORAL_ADDRESS as string),
      TEMPORAL_NAMESPACE: temporal?.namespace ?? named.TEMPORAL_NAMESPACE ?? 'default',
      TEMPORAL_UI: temporal?.uiUrl ?? named.TEMPORAL_UI ?? '',
      CREDENTIALS_PUBLIC_KEY: keys.publicKey,
      CREDENTIALS_KEY_FILE: keys.file,
    };
    return { env, uiUrl: env.TEMPORAL_UI || null, superuserUrl: postgres?.superuserUrl ?? null, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The key pair of this stack: made once, so that what was sealed yesterday can be opened today. */
async function keyPair(directory: string): Promise<{ publicKey: string; file: string }> {
  const file = resolve(directory, 'credentials-key.json');
  const publicKeyFile = resolve(directory, 'credentials-public-key');
  if (!existsSync(file) || !existsSync(publicKeyFile)) {
    const ring = await generateKeyRing();
    writeFileSync(file, ring.ringFile, { mode: 0o600 });
    writeFileSync(publicKeyFile, ring.publicKey);
  }
  return { publicKey: readFileSync(publicKeyFile, 'utf8').trim(), file };
}

async function main(): Promise<void> {
  const at = process.argv.indexOf('--dir');
  const directory = resolve(at > 0 ? (process.argv[at + 1] ?? '.stack') : '.stack');
  mkdirSync(directory, { recursive: true });
  const lock = join(directory, 'pid');
  const holder = existsSync(lock) ? Number(readFileSync(lock, 'utf8')) : null;
  if (holder !== null && isAlive(holder)) {
    console.error(
      `A stack runs already in ${directory} (process ${holder}). Stop it, or choose another place with --dir.`,
    );
    process.exit(1);
  }
  writeFileSync(lock, String(process.pid));
  const envFile = join(directory, 'env');
  rmSync(envFile, { force: true });

  const stack = await startStack({ directory, say: (line) => console.log(line) });
  const lines = Object.entries(stack.env).map(([name, value]) => `${name}=${value}`);
  writeFileSync(`${envFile}.new`, `${lines.join('\n')}\n`, { mode: 0o600 });
  renameSync(`${envFile}.new`, envFile);
  console.log(`Postgres, Temporal and its UI are ready.\n`);
  console.log(`  Temporal UI   ${stack.uiUrl ?? '(of the server that TEMPORAL_ADDRESS names)'}`);
  console.log(`  Temporal      ${stack.env.TEMPORAL_ADDRESS}`);
  console.log(`  environment   ${envFile}\n`);
  console.log(`In another terminal:  set -a; . ${envFile}; set +a; npm start -- --migrate\nStop with Ctrl-C.`);

  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    console.log('\nStopping Postgres and Temporal …');
    rmSync(envFile, { force: true });
    await stack.stop();
    rmSync(lock, { force: true });
    console.log(`Stopped. The data and the ports stay in ${directory} for the next start; remove it to begin anew.`);
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());
  // npm can be killed without passing the signal on; we would then hold ports and data indefinitely.
  const parent = process.ppid;
  const startedByNpm = process.env.npm_lifecycle_event !== undefined;
  setInterval(() => startedByNpm && process.ppid !== parent && void stop(), 1_000);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

if (import.meta.main) {
  await main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  });
}
