import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Database } from '../../../src/database/index.ts';

/** Several programs that follow one account, each of which may be killed and is started again. */
export class Followers {
  readonly names: readonly string[];
  readonly #args: readonly string[];
  readonly #running = new Map<string, ChildProcess>();
  /** What they complained of. */
  readonly complaints: string[] = [];
  kills = 0;

  constructor(names: readonly string[], target: { ownerId: string; accountId: string; databaseUrl: string }) {
    this.names = names;
    this.#args = [target.ownerId, target.accountId, target.databaseUrl];
  }

  start(): void {
    for (const name of this.names) this.#start(name);
  }

  /** The hardest death there is; the next one goes on from where it stood. */
  async killOne(place: number): Promise<void> {
    const name = this.names[place % this.names.length] as string;
    await this.#end(name);
    this.kills++;
    this.#start(name);
  }

  async stop(): Promise<void> {
    await Promise.all(this.names.map((name) => this.#end(name)));
  }

  #start(name: string): void {
    const program = fileURLToPath(new URL('./follower.ts', import.meta.url));
    const child = spawn(process.execPath, [program, name, ...this.#args], { stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.on('data', (text: Buffer) => this.complaints.push(text.toString()));
    this.#running.set(name, child);
  }

  async #end(name: string): Promise<void> {
    const child = this.#running.get(name);
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
}

export async function createFollowerTables(database: Database): Promise<void> {
  await database.pool.query(
    'create table public.follower (name text primary key, place text, revision bigint not null, is_done boolean not null)',
  );
  await database.pool.query(
    `create table public.follower_copy (name text, stream text, key text, version integer, record text,
                                        primary key (name, stream, key))`,
  );
}
