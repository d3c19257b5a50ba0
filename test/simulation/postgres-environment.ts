import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { marginLoans } from '../../src/bitmart/streams/margin-loans.ts';
import {
  connectDatabase,
  createPostgresReplays,
  createPostgresStore,
  type Database,
  eraseAccount,
  loadParts,
  mergeAccounts,
  migrate,
  openNamedPairs,
  type StoreOptions,
} from '../../src/database/index.ts';
import { gapsOf } from '../../src/history/gaps.ts';
import { mergeParts } from '../../src/history/merge-parts.ts';
import type { PartState } from '../../src/history/part-state.ts';
import type { HistoryStore, Replays } from '../../src/history/ports.ts';
import type { Stream } from '../../src/history/stream.ts';
import type { Plan } from './plan.ts';
import { accountsOf, type Environment, type OpenedStore, type SimulatedRun } from './simulated-run.ts';
import { Crash, type Steps } from './steps.ts';
import type { StoredPage, StoredPart, StoredRow, StoredStream } from './stored-history.ts';
import { pairs } from './streams.ts';

/** One migrated database for many runs, each an account of its own. */
export class PostgresEnvironments {
  /** How long a commit's answer is under way: who waits for the locks hears of it sooner than who committed. */
  commitAnswerMs = 0;
  readonly #database: Database;
  /** For the checker's own look at the tables: without our code between it and them. */
  readonly #plain: pg.Pool;

  private constructor(database: Database, plain: pg.Pool) {
    this.#database = database;
    this.#plain = plain;
  }

  static async open(url: string): Promise<PostgresEnvironments> {
    const database = connectDatabase({ url, poolSize: 12 });
    await migrate(database);
    const asText = { getTypeParser: () => (value: string) => value };
    const options = `-c search_path=${database.schema} -c timezone=UTC -c datestyle=ISO`;
    const plain = new pg.Pool({ connectionString: url, options, max: 4, types: asText as pg.CustomTypesConfig });
    plain.on('error', () => undefined);
    return new PostgresEnvironments(database, plain);
  }

  async close(): Promise<void> {
    await this.#plain.end();
    await this.#database.close();
  }

  /** The accounts of one run. They have the same names whenever the plan is run, because sweeps are spread by them. */
  async next(plan: Plan): Promise<PostgresEnvironment> {
    const { accountId, duplicateId } = accountsOf(plan);
    for (const each of [accountId, duplicateId]) {
      await eraseAccount(this.#database, each);
      await this.#plain.query('delete from merged_account where account_id = $1', [each]);
      await this.#plain.query(
        "insert into account (account_id, owner_id, status) values ($1, 'owner', 'backfilling')",
        [each],
      );
    }
    return new PostgresEnvironment(this.#database, this.#plain, { accountId, commitAnswerMs: this.commitAnswerMs });
  }
}

/** A run's history in Postgres: every statement is one step. */
export class PostgresEnvironment implements Environment {
  readonly #accountId: string;
  readonly #commitAnswerMs: number;
  readonly #database: Database;
  readonly #plain: pg.Pool;

  constructor(
    database: Database,
    plain: pg.Pool,
    options: { readonly accountId: string; readonly commitAnswerMs: number },
  ) {
    this.#accountId = options.accountId;
    this.#commitAnswerMs = options.commitAnswerMs;
    this.#database = database;
    this.#plain = plain;
  }

  open(steps: Steps, pageOf: Replays['pageOf']): OpenedStore {
    const pool = new SteppingPool(this.#database.pool, steps, this.#commitAnswerMs);
    // The real clock is not the run's: gaps are written as of the part's own last answer.
    const database = { ...this.#database, pool: pool as unknown as pg.Pool };
    const options: StoreOptions = { gapsOf: (state, { stream }) => gapsOf(state, stream, state.lastReadAtMs ?? 0) };
    const store: HistoryStore = createPostgresStore(database, options);
    const replays = createPostgresReplays(database, { ...options, pageOf });
    return { store, replays, committed: () => pool.committed };
  }

  async states(accountId: string, stream: Stream): Promise<readonly PartState[]> {
    // As an account's sync opens them before it reads.
    if (stream.pairsOf !== undefined) await openNamedPairs(this.#database, accountId, marginLoans.stream, pairs);
    const parts = await loadParts(this.#database, accountId);
    return parts.filter((each) => each.stream === stream.name).map(({ state }) => state);
  }

  async merge(from: string, into: string, { streams, exchange }: SimulatedRun): Promise<void> {
    await mergeAccounts(this.#database, {
      from,
      into,
      streams,
      mergeParts: (one, other, stream) => mergeParts(one, other, stream, exchange.settings),
      gapsOf: (state, { stream }) => gapsOf(state, stream, exchange.nowMs),
      keys: [],
    });
  }

  async stored(run: SimulatedRun): Promise<readonly StoredStream[]> {
    const states = await loadParts(this.#database, this.#accountId);
    const streams: StoredStream[] = [];
    for (const stream of run.streams) {
      const own = states.filter((each) => each.stream === stream.name).map(({ state }) => state);
      const parts = await Promise.all(stream.parts.map((part) => this.#part(stream, part)));
      streams.push({ stream: stream.name, parts, summary: run.summarise(stream, own) });
    }
    return streams;
  }

  async #part(stream: Stream, part: string): Promise<StoredPart> {
    const scope = [this.#accountId, stream.name, part];
    const [coverage] = await this.#ranges(
      `select lower(each)::text as from_at, upper(each)::text as to_at
       from coverage, unnest(covered) as each where account_id = $1 and stream = $2 and part = $3 order by each`,
      scope,
    );
    const [state] = await this.#select(
      `select settled_through, last_read_end, row_count from coverage
       where account_id = $1 and stream = $2 and part = $3`,
      scope,
    );
    const gaps = await this.#select(
      `select from_at, to_at, reason from gap where account_id = $1 and stream = $2 and part = $3 order by from_at`,
      scope,
    );
    const quarantined = await this.#select(
      `select raw::text as raw from quarantined_row where account_id = $1 and stream = $2 and part = $3`,
      scope,
    );
    return {
      stream: stream.name,
      part,
      rows: await this.#rows(stream, part),
      quarantined: quarantined.map((row) => row.raw ?? ''),
      covered: coverage ?? [],
      gaps: gaps.map((row) => ({ ...rangeOf(row), reason: row.reason ?? '' })),
      settledThroughMs: state?.settled_through == null ? null : instant(state.settled_through),
      readThroughMs: state?.last_read_end == null ? null : instant(state.last_read_end),
      rowCount: Number(state?.row_count ?? 0),
      pages: await this.#pages(scope),
    };
  }

  async #rows({ table }: Stream, part: string): Promise<readonly StoredRow[]> {
    const columns = table.columns.map(({ name }) => `"${name}"::text as "${name}"`).join(', ');
    const found = await this.#select(
      `select ${columns}, raw::text as raw_text from "${table.name}"
       where account_id = $1 ${table.hasPart ? 'and part = $2' : ''} order by "${table.timeColumn}"`,
      table.hasPart ? [this.#accountId, part] : [this.#accountId],
    );
    const times = table.columns.filter(({ type }) => type === 'timestamptz').map(({ name }) => name);
    return found.map(({ raw_text: raw, ...values }) => {
      for (const name of times) values[name] = values[name] == null ? null : iso(values[name]);
      return { raw: raw ?? '', columns: values };
    });
  }

  async #pages(scope: readonly string[]): Promise<readonly StoredPage[]> {
    const found = await this.#select(
      `select page_id, lower(core)::text as from_at, upper(core)::text as to_at,
              served, inserted, changed, unchanged, quarantined
       from page where account_id = $1 and stream = $2 and part = $3`,
      scope,
    );
    const claims = await this.#select(
      `select page_id, lower(each)::text as from_at, upper(each)::text as to_at
       from page, unnest(claim) as each where account_id = $1 and stream = $2 and part = $3`,
      scope,
    );
    const byPage = Map.groupBy(claims, (row) => row.page_id);
    return found.map((row) => ({
      core: rangeOf(row),
      claim: (byPage.get(row.page_id) ?? []).map(rangeOf),
      served: Number(row.served),
      inserted: Number(row.inserted),
      changed: Number(row.changed),
      unchanged: Number(row.unchanged),
      quarantined: Number(row.quarantined),
    }));
  }

  async #ranges(query: string, values: readonly string[]): Promise<[{ from: number; to: number }[]]> {
    return [(await this.#select(query, values)).map(rangeOf)];
  }

  async #select(query: string, values: readonly string[]): Promise<Record<string, string | null>[]> {
    const { rows } = await this.#plain.query<Record<string, string | null>>(query, [...values]);
    return rows;
  }
}

/** Stands before the pool: a process that dies leaves its connections behind, in whatever state they are. */
class SteppingPool {
  committed = false;
  readonly #pool: pg.Pool;
  readonly #steps: Steps;
  readonly #commitAnswerMs: number;

  constructor(pool: pg.Pool, steps: Steps, commitAnswerMs: number) {
    this.#pool = pool;
    this.#steps = steps;
    this.#commitAnswerMs = commitAnswerMs;
  }

  async query(...statement: Statement): Promise<pg.QueryResult> {
    const client = await this.#steps.aside(() => this.#pool.connect());
    const lock = lockOf(statement);
    try {
      return await this.#steps.around(() => run(client, statement), lock);
    } finally {
      // It was held for this statement only.
      if (lock !== null) this.#steps.release(lock);
      client.release(this.#steps.dead);
    }
  }

  async connect(): Promise<unknown> {
    if (this.#steps.dead) throw new Crash('the process is gone');
    const client = await this.#steps.aside(() => this.#pool.connect());
    // Statements that are sent together are taken one after the other all the same.
    let before: Promise<unknown> = Promise.resolve();
    return {
      query: (...statement: Statement) => {
        const result = before.then(() => this.#inTransaction(client, statement));
        before = result.catch(() => undefined);
        return result;
      },
      release: (broken?: Error | boolean) => {
        this.#steps.release();
        client.release(this.#steps.dead || broken);
      },
    };
  }

  async #inTransaction(client: pg.PoolClient, statement: Statement): Promise<pg.QueryResult> {
    const [text] = statement;
    if (text === 'begin') this.committed = false;
    const lock = lockOf(statement);
    const result = await this.#steps.around(async () => {
      const done = await run(client, statement);
      if (text === 'commit' && this.#commitAnswerMs > 0) await delay(this.#commitAnswerMs);
      if (text === 'commit') this.committed = true;
      if (text === 'commit' || text === 'rollback') this.#steps.release();
      return done;
    }, lock);
    if (lock !== null) this.#steps.hold(lock);
    return result;
  }
}

/** A query as `pg` takes it: a text, with or without values, or both in one object. */
type Statement = readonly [query: string | pg.QueryConfig, values?: unknown[]];

function run(client: pg.PoolClient, [query, values]: Statement): Promise<pg.QueryResult> {
  return client.query(query as string, values);
}

/** The row that a statement locks until the end of its transaction: a part's in `coverage`, or the account's own. */
function lockOf([query]: Statement): string | null {
  if (typeof query === 'string') return query.includes('note_event') ? 'account' : null;
  const { name = '', values = [] } = query;
  if (/^(take|add|lock)-part/.test(name)) return values.slice(0, 3).join('/');
  return /^(insert|merge)-/.test(name) ? 'account' : null;
}

function rangeOf(row: Record<string, string | null>): { from: number; to: number } {
  return { from: instant(row.from_at ?? ''), to: instant(row.to_at ?? '') };
}

function instant(text: string): number {
  if (text === 'infinity') return Number.POSITIVE_INFINITY;
  if (text === '-infinity') return Number.NEGATIVE_INFINITY;
  return Date.parse(text.replace(' ', 'T').replace(/\+00$/, 'Z'));
}

function iso(text: string): string {
  return new Date(instant(text)).toISOString();
}
