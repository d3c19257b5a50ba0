import {
  type Database,
  type DatabaseCondition,
  type DatabaseTrouble,
  databaseTrouble,
  poolExhausted,
} from '../database/index.ts';
import type { Log } from './log.ts';

interface DatabaseHealthOptions {
  readonly database: Pick<Database, 'pool'>;
  readonly log: Log;
  readonly onTrouble: (condition: DatabaseCondition) => void;
}

/** Every account meets a full disk; one log line a minute is enough. */
const logEveryMs = 60_000;
/** Waiting for a connection is normal under load; waiting this long is not. */
const stuckAfterMs = 5_000;
/** Attempts of one activity are never further apart than this; what was not retried by then is done by another worker. */
const maxPutOffMs = 90_000;
/** Conditions that only writes meet: a check whether Postgres answers does not notice them. */
const metByWriting: ReadonlySet<DatabaseCondition> = new Set([
  'disk-full',
  'out-of-resources',
  'read-only',
  'storage-failing',
]);

/** What keeps Postgres from working, as this process meets it: counted, logged, and reported by `/readyz`. */
export class DatabaseHealth {
  readonly #options: DatabaseHealthOptions;
  readonly #logged = new Map<DatabaseCondition, { readonly atMs: number; unloggedTimes: number }>();
  readonly #timer: NodeJS.Timeout;
  /** By the name of the work, newest last. */
  readonly #putOff = new Map<string, { readonly trouble: DatabaseTrouble; readonly atMs: number }>();
  #connectionHadMs = performance.now();

  constructor(options: DatabaseHealthOptions) {
    this.#options = options;
    options.database.pool.on('acquire', this.#noteConnection);
    this.#timer = setInterval(() => this.#lookAtPool(), 1_000);
    this.#timer.unref();
  }

  /**
   * Counts and logs what kept Postgres from working. If the error is about something else it does nothing and returns null.
   * `work` names what was put off, until it is `done`.
   */
  note(error: unknown, work?: string): DatabaseTrouble | null {
    const trouble = databaseTrouble(error);
    if (trouble === null) return null;
    if (work !== undefined && metByWriting.has(trouble.condition)) {
      this.#putOff.delete(work);
      this.#putOff.set(work, { trouble, atMs: performance.now() });
    }
    this.#log(trouble, (error as Error).message);
    return trouble;
  }

  /** Logs an error outside the work on accounts: as trouble with Postgres if it is that, else with these words. */
  warn(error: unknown, words: string): void {
    if (this.note(error) === null) this.#options.log.warn({ err: error }, words);
  }

  /** What was put off has been done: on a full disk some things can be stored and others can't. */
  done(work: string): void {
    const before = this.#putOff.get(work);
    if (before === undefined) return;
    this.#putOff.delete(work);
    if (this.#putOff.size > 0) return;
    this.#options.log.info({ condition: before.trouble.condition }, 'Postgres stores everything again');
  }

  /** Why Postgres can't be used although it answers, with the next step; null if it can. */
  get reason(): string | null {
    const waiting = this.#exhaustion();
    if (waiting !== null && performance.now() - this.#connectionHadMs > 1_000) return describe(waiting);
    this.#forgetOld();
    const newest = [...this.#putOff.values()].at(-1);
    return newest === undefined ? null : describe(newest.trouble);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#options.database.pool.off('acquire', this.#noteConnection);
  }

  readonly #noteConnection = () => {
    this.#connectionHadMs = performance.now();
  };

  #exhaustion(): DatabaseTrouble | null {
    const { totalCount, waitingCount } = this.#options.database.pool;
    return waitingCount === 0 ? null : poolExhausted(totalCount, waitingCount);
  }

  #forgetOld(): void {
    const oldMs = performance.now() - maxPutOffMs;
    for (const [work, { atMs }] of this.#putOff) if (atMs < oldMs) this.#putOff.delete(work);
  }

  #lookAtPool(): void {
    this.#forgetOld();
    const trouble = this.#exhaustion();
    if (trouble !== null && performance.now() - this.#connectionHadMs < stuckAfterMs) return;
    this.#noteConnection();
    if (trouble !== null) this.#log(trouble, null);
  }

  #log(trouble: DatabaseTrouble, reason: string | null): void {
    const { condition, code, sentence, remedy } = trouble;
    const atMs = performance.now();
    this.#options.onTrouble(condition);
    const before = this.#logged.get(condition);
    if (before && atMs - before.atMs < logEveryMs) {
      before.unloggedTimes++;
      return;
    }
    this.#logged.set(condition, { atMs, unloggedTimes: 0 });
    const fields = { condition, code, times: 1 + (before?.unloggedTimes ?? 0), reason, remedy };
    this.#options.log.warn({ ...fields, next: runbookOf(condition) }, `${sentence}: work waits, nothing is lost`);
  }
}

/** One line: what happened, and what to do. */
function describe({ sentence, code, remedy }: DatabaseTrouble): string {
  return `${sentence}${code === null ? '' : ` (${code})`}. ${remedy}`;
}

/** The runbook entry that says what to do. */
export function runbookOf(condition: DatabaseCondition): string {
  if (condition === 'pool-exhausted') return 'docs/runbook.md#bitmartsyncpoolexhausted';
  const isAway = condition === 'unreachable' || condition === 'restarting' || condition === 'login-refused';
  return `docs/runbook.md#${isAway ? 'bitmartsyncdatabaseunreachable' : 'bitmartsyncdatabaserefuses'}`;
}
