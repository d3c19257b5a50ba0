import type { PartState } from '../../src/history/part-state.ts';
import { FenceLost, type HistoryStore, type Reader, type Replays } from '../../src/history/ports.ts';
import type { RangeSet } from '../../src/history/range-set.ts';
import { restOf } from '../../src/history/rest.ts';
import type { ReadSettings } from '../../src/history/settings.ts';
import { SizerMemory } from '../../src/history/sizer-memory.ts';
import type { Stream } from '../../src/history/stream.ts';
import { type StreamSummary, summariseStream } from '../../src/history/summary.ts';
import { isOver } from '../../src/history/timetable.ts';
import { createBudget, readStream } from '../history/read-stream.ts';
import { SimulatedExchange } from './exchange.ts';
import type { Fault, Plan, PlannedAttempt, PlannedFault } from './plan.ts';
import { Random } from './random.ts';
import { Crash, Steps, Turns } from './steps.ts';
import { Watch } from './watch.ts';

const hourMs = 3_600_000;

/** Where a life's history is kept: in memory, or in Postgres. */
export interface Stage {
  readonly accountId: string;
  /** A store for one attempt, whose steps are the attempt's. */
  open(steps: Steps, pageOf: Replays['pageOf']): OpenedStore;
  /** What is known of the parts of a stream that were ever opened. */
  states(stream: Stream): Promise<readonly PartState[]>;
}

/** Which account lives a plan. */
export function accountOf({ seed }: Plan): string {
  return `account-${seed}`;
}

export interface OpenedStore {
  readonly store: HistoryStore;
  readonly replays: Replays;
  /** Whether the last transaction was committed although whoever wrote it never heard of it. */
  committed(): boolean;
}

/** A deliberate bug at one of the engine's seams. */
export interface Mutant {
  /** The fault that brings it to light: all planned faults become this one. */
  readonly meets?: Fault;
  readonly store?: (store: HistoryStore) => HistoryStore;
  readonly reader?: (reader: Reader) => Reader;
  readonly settings?: Partial<ReadSettings>;
  readonly rest?: typeof restOf;
  readonly summary?: (summary: StreamSummary, parts: readonly { readonly covered: RangeSet }[]) => StreamSummary;
}

export interface Life {
  readonly plan: Plan;
  readonly exchange: SimulatedExchange;
  readonly watch: Watch;
  readonly streams: readonly Stream[];
  /** As the account's owner is told of a stream at the end. */
  summarise(stream: Stream, states: readonly PartState[]): StreamSummary;
  /** The exchange answers until the end of the calm. */
  readonly isReadToTheEnd: boolean;
  /** What the process remembers between attempts, until it dies. */
  sizers: SizerMemory;
}

export interface LifeOptions {
  readonly mutant?: Mutant;
  /** Fewer syncs in the calm at the end. */
  readonly short?: boolean;
  /** Told of every commit. */
  readonly say?: (line: string) => void;
}

/** Lives a plan: links, reads, fails, crashes, and comes to rest. What is wrong on the way is found by the watch. */
export async function live(plan: Plan, stage: Stage, options: LifeOptions = {}): Promise<Life> {
  const exchange = new SimulatedExchange(plan);
  const watch = new Watch(exchange);
  const { say } = options;
  if (say) watch.observe = (line) => say(`${new Date(exchange.nowMs).toISOString()} ${line}`);
  exchange.isStored = (record) => watch.isStored(record);
  const { mutant } = options;
  const life: Life = {
    plan,
    exchange,
    watch,
    get streams() {
      return exchange.streams;
    },
    sizers: new SizerMemory(),
    isReadToTheEnd: plan.timetable === null || plan.timetable.goneFromMs > plan.calmFromMs + 12 * 24 * hourMs,
    summarise: (stream, states) => {
      const { timetable } = plan;
      const context = { nowMs: exchange.nowMs, linked: true, timetable };
      const summary = summariseStream(stream, states, context);
      return mutant?.summary?.(summary, states) ?? summary;
    },
  };
  Object.assign(exchange.settings, { timetable: plan.timetable }, mutant?.settings);
  for (const sync of plan.syncs) {
    if (sync.atMs - exchange.nowMs > 40 * hourMs) exchange.count('outage of our own');
    exchange.nowMs = Math.max(exchange.nowMs, sync.atMs);
    if (await isClosed(life, stage)) {
      exchange.count('account closed');
      return life;
    }
    let finished: readonly string[] = [];
    for (const attempt of sync.attempts) {
      const result = await runAttempt(life, stage, attempt, finished, mutant);
      if (result.done) break;
      finished = result.finished;
      exchange.nowMs += attempt.waitMs;
    }
  }
  await comeToRest(life, stage, options);
  return life;
}

/** Syncs in which nothing goes wrong, until every record that may come late has come. */
async function isClosed({ plan, exchange }: Life, stage: Stage): Promise<boolean> {
  const { timetable } = plan;
  if (timetable === null) return false;
  const parts = await Promise.all(
    exchange.streams.map(async (stream) =>
      (await stage.states(stream)).map((state) => ({ stream: stream.name, state })),
    ),
  );
  return isOver(exchange.streams, parts.flat(), { timetable, nowMs: exchange.clockMs() });
}

/** As the activity decides what has to be read: what is closed no more, what rests once a day. */
async function rests(
  { plan, exchange }: Life,
  stage: Stage,
  stream: Stream,
  mutant: Mutant | undefined,
): Promise<boolean> {
  if (plan.timetable === null) return false;
  const states = await stage.states(stream);
  const { settings } = exchange;
  const isChanging = stream.table.final !== null;
  const context = { accountId: stage.accountId, clockMs: exchange.clockMs(), settings, isChanging };
  const rest = (mutant?.rest ?? restOf)(stream, states, context);
  if (rest === 'closed') exchange.count('stream closed');
  if (rest === 'resting') exchange.count('stream at rest');
  return rest !== 'due';
}

async function comeToRest(life: Life, stage: Stage, { mutant, short = false }: LifeOptions): Promise<void> {
  const { exchange, plan, watch } = life;
  const random = new Random(plan.seed + 1);
  const hours = short ? [0, 26, 52, 78, 216, 242] : [0, 26, 52, 78, 126, 174, 222, 248];
  for (const hour of hours) {
    exchange.nowMs = Math.max(exchange.nowMs, plan.calmFromMs + hour * hourMs);
    if (plan.timetable !== null && plan.timetable.goneFromMs <= exchange.nowMs) continue;
    // Only an attempt of several pages can say that answers go on being no evidence.
    const few = plan.manner.lastMovementsOnly === null ? [1, 2, 3] : [];
    const pages = random.pick(short ? [50, 1_000] : [...few, 1_000]);
    let finished: readonly string[] = [];
    let done = false;
    for (let attempts = 0; attempts < 6_000 / pages && !done; attempts++) {
      const result = await runAttempt(life, stage, { ...calm, pages }, finished, mutant);
      done = result.done;
      finished = result.finished;
      if (!done && result.objects && plan.manner.lastMovementsOnly !== null) {
        // Records that were served once are served no more: said aloud, and nothing of it claimed.
        exchange.count('stream needs attention');
        done = true;
      }
    }
    const isGone = plan.timetable !== null && plan.timetable.goneFromMs <= exchange.nowMs;
    if (!done && !isGone) {
      watch.find('end', 'reading does not come to an end');
      return;
    }
  }
}

const calm: PlannedAttempt = {
  waitMs: 0,
  pages: 1_000,
  faults: [],
  crash: null,
  stopAtStep: null,
  together: 'alone',
  turnSeed: 0,
};

interface AttemptResult {
  readonly done: boolean;
  /** A stream whose answers are no evidence: it is told so, and tried again another time. */
  readonly objects?: boolean;
  readonly finished: readonly string[];
}

async function runAttempt(
  life: Life,
  stage: Stage,
  attempt: PlannedAttempt,
  finished: readonly string[],
  mutant: Mutant | undefined,
): Promise<AttemptResult> {
  const { exchange, streams } = life;
  const read = (options: Participant) => readStreams(life, stage, attempt, { ...options, finished }, mutant);
  if (attempt.together === 'zombie') {
    exchange.count('two attempts at once');
    const turns = new Turns(attempt.turnSeed);
    const results = await Promise.all([
      read({ streams, turns, who: 0, faults: attempt.faults }),
      read({ streams, turns, who: 1, faults: [] }),
    ]);
    return results.find(({ done }) => done) ?? { done: false, finished: [] };
  }
  if (attempt.together === 'side-by-side' && streams.length > 1) {
    exchange.count('streams side by side');
    const turns = new Turns(attempt.turnSeed);
    const results = await Promise.all(
      streams.map((stream, who) => read({ streams: [stream], turns, who, faults: who === 0 ? attempt.faults : [] })),
    );
    return { done: results.every(({ done }) => done), finished: results.flatMap((result) => result.finished) };
  }
  return read({ streams, turns: null, who: 0, faults: attempt.faults });
}

interface Participant {
  readonly streams: readonly Stream[];
  readonly turns: Turns | null;
  readonly who: number;
  readonly faults: readonly PlannedFault[];
}

/** As the activity reads: stream after stream, until something stands in the way of all of them. */
async function readStreams(
  life: Life,
  stage: Stage,
  attempt: PlannedAttempt,
  options: Participant & { readonly finished: readonly string[] },
  mutant: Mutant | undefined,
): Promise<AttemptResult> {
  const { exchange, watch } = life;
  const { turns, who, faults } = options;
  const stop = new AbortController();
  const steps = new Steps({
    turns,
    who,
    crash: who === 0 ? attempt.crash : null,
    onStep: (step) => {
      if (step !== attempt.stopAtStep || who !== 0) return;
      exchange.count('told to stop');
      stop.abort();
    },
  });
  const opened = stage.open(steps, exchange.pageOf);
  const watched = watch.over(opened.store, opened.committed);
  const store = mutant?.store?.(watched) ?? watched;
  const reader = stepping(exchange.openFor(faults), steps);
  let finished = options.finished;
  try {
    const context = {
      exchange,
      reader: mutant?.reader?.(reader) ?? reader,
      store,
      replays: watch.overReplays(opened.replays, opened.committed),
      settings: exchange.settings,
      sizers: life.sizers,
      budget: createBudget({ pages: attempt.pages, durationMs: Number.POSITIVE_INFINITY }, () => 0),
      signal: stop.signal,
    };
    let done = true;
    let objects = false;
    for (const stream of options.streams) {
      if (await steps.aside(() => rests(life, stage, stream, mutant))) continue;
      const result = await readStream(context, stage.accountId, stream, finished);
      finished = [...new Set([...finished, ...result.finished])];
      done &&= result.done;
      if (result.blocked) watch.observe?.(`${stream.name} is blocked: ${result.blocked.message}`);
      objects ||= result.blocked?.problem === 'unexpected-answer';
      if (result.blocked?.kind === 'refused-key') return { done: false, finished };
    }
    return { done, finished, objects };
  } catch (error) {
    if (error instanceof FenceLost) exchange.count('fence lost');
    else if (steps.dead || isCrash(error)) {
      life.sizers = new SizerMemory();
      exchange.count(attempt.crash?.after ? 'crash after a step' : 'crash before a step');
    } else if (stop.signal.aborted) return { done: false, finished };
    else watch.find('end', `the engine throws: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
    return { done: false, finished: [] };
  } finally {
    steps.release();
  }
}

function isCrash(error: unknown): boolean {
  return error instanceof Crash || (error instanceof Error && 'crash' in error);
}

function stepping(reader: Reader, steps: Steps): Reader {
  return {
    ask: (stream, question, signal) => steps.around(() => reader.ask(stream, question, signal)),
    check: (options, signal) => reader.check(options, signal),
  };
}
