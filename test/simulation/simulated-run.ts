import type { Caution } from '../../src/history/foresight.ts';
import { createBudget } from '../../src/history/part-reading.ts';
import type { PartState } from '../../src/history/part-state.ts';
import { FenceLost, type HistoryStore, type Reader, type Replays } from '../../src/history/ports.ts';
import type { RangeSet } from '../../src/history/range-set.ts';
import { nothingToRead, readAccount } from '../../src/history/read-account.ts';
import { readRange } from '../../src/history/read-range.ts';
import { restOf } from '../../src/history/rest.ts';
import type { ReadSettings } from '../../src/history/settings.ts';
import { SizerMemory } from '../../src/history/sizer-memory.ts';
import type { Stream } from '../../src/history/stream.ts';
import { type StreamSummary, summariseStream } from '../../src/history/summary.ts';
import { isOver } from '../../src/history/timetable.ts';
import { SimulatedExchange } from './exchange.ts';
import type { SyncNote } from './opportunities.ts';
import {
  never,
  type Plan,
  type PlannedAttempt,
  type PlannedFault,
  type PlannedRange,
  type PlannedRecord,
  type PlannedSync,
} from './plan.ts';
import { Random } from './random.ts';
import { Crash, Steps, Turns } from './steps.ts';
import type { StoredGap } from './stored-history.ts';
import { originMs } from './streams.ts';
import { type UnderWay, Watch } from './watch.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Where a run's history is kept: in memory, or in Postgres. */
export interface Environment {
  /** A store for one attempt, whose steps are the attempt's. */
  open(steps: Steps, pageOf: Replays['pageOf']): OpenedStore;
  /** What is known of the parts of a stream that were ever opened. */
  states(accountId: string, stream: Stream): Promise<readonly PartState[]>;
  /** Merges one account into another. */
  merge(fromId: string, intoId: string, run: SimulatedRun): Promise<void>;
}

export interface OpenedStore {
  readonly store: HistoryStore;
  readonly replays: Replays;
  /** Whether the last transaction was committed although its writer never heard of it. */
  committed(): boolean;
}

/** A deliberate bug at one of the engine's seams. */
export interface Mutant {
  /** Brings it to light sooner: the plan as run. */
  readonly meets?: (plan: Plan) => Plan;
  readonly store?: (store: HistoryStore) => HistoryStore;
  readonly replays?: (replays: Replays) => Replays;
  readonly reader?: (reader: Reader, exchange: SimulatedExchange) => Reader;
  readonly stream?: (stream: Stream) => Stream;
  readonly settings?: Partial<ReadSettings>;
  readonly rest?: typeof restOf;
  readonly gaps?: (gaps: readonly StoredGap[]) => readonly StoredGap[];
  readonly summary?: (summary: StreamSummary, parts: readonly { readonly covered: RangeSet }[]) => StreamSummary;
}

export interface SimulatedRun {
  readonly plan: Plan;
  readonly accountId: string;
  /** Its second link, merged into the first one later. */
  readonly duplicateId: string;
  readonly originMs: number;
  readonly exchange: SimulatedExchange;
  readonly watch: Watch;
  readonly mutant: Mutant;
  readonly streams: readonly Stream[];
  readonly syncs: SyncNote[];
  /** Records of which a row was served last that could not be read, and when. */
  spoiltAtMs(): ReadonlyMap<PlannedRecord, number>;
  /** The exchange ignores every bound for good: it serves nothing useful. */
  readonly isHopeless: boolean;
  /** The last sync came to its end. */
  endedWell: boolean;
  /** A stream as the account's owner sees it at the end. */
  summarise(stream: Stream, states: readonly PartState[]): StreamSummary;
  /** What the process remembers between attempts, until it dies. */
  sizers: SizerMemory;
}

export interface RunOptions {
  readonly mutant?: Mutant;
  /** Fewer syncs in the calm at the end. */
  readonly short?: boolean;
  /** Called with every commit. */
  readonly say?: (line: string) => void;
}

/** The same name whenever the plan is run, because sweeps are spread by it. */
export function accountsOf({ seed }: Plan): { readonly accountId: string; readonly duplicateId: string } {
  return { accountId: `account-${seed}`, duplicateId: `account-${seed}-again` };
}

/** Runs a plan: links, reads, fails, crashes, and comes to rest. What is wrong on the way is found by the watch. */
export async function simulate(plan: Plan, environment: Environment, options: RunOptions = {}): Promise<SimulatedRun> {
  const run = newRun(plan, options);
  const { exchange } = run;
  for (const sync of plan.syncs) {
    if (sync.atMs - exchange.nowMs > 40 * hourMs) exchange.count('outage of our own');
    exchange.nowMs = Math.max(exchange.nowMs, sync.atMs);
    if (await isClosed(run, environment)) return run;
    await runAccounts(run, environment, sync);
  }
  await comeToRest(run, environment, options.short ?? false);
  return run;
}

function newRun(plan: Plan, { mutant = {}, say }: RunOptions): SimulatedRun {
  const exchange = new SimulatedExchange(plan, mutant.stream);
  const watch = new Watch(exchange);
  if (say) watch.observe = (line) => say(`${new Date(exchange.nowMs).toISOString()} ${line}`);
  exchange.log.onFailure = (line) => watch.note(line);
  Object.assign(exchange.settings, { timetable: plan.timetable }, mutant.settings);
  return {
    plan,
    ...accountsOf(plan),
    originMs,
    exchange,
    watch,
    mutant,
    get streams() {
      return exchange.streams;
    },
    syncs: [],
    spoiltAtMs: () => watch.spoiltAtMs(accountsOf(plan).accountId),
    isHopeless: plan.troubles.some(({ toMs }) => toMs === never),
    endedWell: false,
    sizers: new SizerMemory(reckless),
    summarise: (stream, states) => {
      const { timetable } = plan;
      const summary = summariseStream(stream, states, { nowMs: exchange.nowMs, linked: true, timetable });
      return mutant.summary?.(summary, states) ?? summary;
    },
  };
}

/** One sync of the account, and of its second link as long as there is one. */
async function runAccounts(
  run: SimulatedRun,
  environment: Environment,
  sync: PlannedSync,
  further: number = furtherAttempts,
): Promise<boolean> {
  const { duplicate } = run.plan;
  const { accountId, duplicateId, exchange } = run;
  const isLinkedTwice = duplicate !== null && duplicate.linkedAtMs <= exchange.nowMs;
  const wasRead = run.syncs.some((each) => each.accountId === duplicateId);
  if (wasRead && duplicate !== null && duplicate.mergedAtMs <= exchange.nowMs && !run.syncs.some(isAfterMerge)) {
    await environment.merge(duplicateId, accountId, run);
    for (const { name, parts } of run.streams) {
      for (const part of parts) run.watch.merge(duplicateId, accountId, name, part);
    }
    exchange.count('accounts merged');
  } else if (isLinkedTwice && exchange.nowMs < duplicate.mergedAtMs) {
    await runSync(run, environment, sync, duplicateId, further);
  }
  if (sync.rangeBefore) {
    exchange.count('range read first with a new key');
    await runRange(run, environment, sync.rangeBefore);
  }
  const done = await runSync(run, environment, sync, accountId, further);
  if (sync.range && !sync.isCutShort) await runRange(run, environment, sync.range);
  return done;

  function isAfterMerge(each: SyncNote): boolean {
    return each.startMs >= (duplicate?.mergedAtMs ?? 0);
  }
}

async function isClosed({ plan, exchange, accountId }: SimulatedRun, environment: Environment): Promise<boolean> {
  const { timetable } = plan;
  if (timetable === null) return false;
  const parts = await Promise.all(
    exchange.streams.map(async (stream) =>
      (await environment.states(accountId, stream)).map((state) => ({ stream: stream.name, state })),
    ),
  );
  const closing = { ...exchange.settings, timetable, nowMs: exchange.clockMs(), syncIntervalMs: hourMs };
  const closed = isOver(exchange.streams, parts.flat(), closing);
  if (closed) exchange.count('account closed');
  return closed;
}

/** As the activity decides whether a stream has to be read. */
async function rests(
  { exchange, mutant }: SimulatedRun,
  environment: Environment,
  { accountId, stream }: { readonly accountId: string; readonly stream: Stream },
): Promise<boolean> {
  const states = await environment.states(accountId, stream);
  const context = { accountId, clockMs: exchange.clockMs(), settings: exchange.settings };
  // Movements count as changing: those that still do would have to be looked up.
  const isChanging = stream.table.final !== null;
  const rest = (mutant.rest ?? restOf)(stream, states, { ...context, isChanging });
  if (rest !== 'due') exchange.count(`stream ${rest}`);
  return rest !== 'due';
}

/** Syncs in which nothing new goes wrong, until every record that may come late has come. */
async function comeToRest(run: SimulatedRun, environment: Environment, short: boolean): Promise<void> {
  const { exchange, plan, watch } = run;
  const random = new Random(plan.seed + 1);
  const hours = short ? [0, 26, 52, 78, 216, 242] : [0, 26, 52, 78, 126, 174, 222, 248];
  const endMs = plan.timetable?.platformEndMs ?? 0;
  const lastMs = plan.calmFromMs + 248 * hourMs;
  const final = [endMs - 20 * hourMs, endMs - 2 * hourMs].filter((atMs) => plan.calmFromMs < atMs && atMs < lastMs);
  const moments = [...hours.map((hour) => plan.calmFromMs + hour * hourMs), ...final].sort((a, b) => a - b);
  for (const atMs of moments) {
    exchange.nowMs = Math.max(exchange.nowMs, atMs);
    if (plan.timetable !== null && plan.timetable.goneFromMs <= exchange.nowMs) continue;
    if (await isClosed(run, environment)) return;
    const pages = random.pick(short ? [50, 200] : [1, 2, 3, 200]);
    const attempts = Array.from({ length: 6_000 / pages }, () => ({ ...undisturbed, pages }));
    const done = await runAccounts(run, environment, { atMs, attempts, isCutShort: false, range: null }, 0);
    const isGone = plan.timetable !== null && plan.timetable.goneFromMs <= exchange.nowMs;
    run.endedWell = done;
    if (!done && !isGone && !run.isHopeless) {
      watch.find('end', 'reading does not come to an end');
      return;
    }
  }
}

/** An attempt in which nothing goes wrong. */
export const undisturbed: PlannedAttempt = {
  waitMs: 0,
  pages: 50,
  faults: [],
  crash: null,
  stopAtStep: null,
  together: 'alone',
  turnSeed: 0,
};
/** Enough for everything that is due; more of them would never come to an end. */
const furtherAttempts = 200;
/** The workflow would wait for longer and longer by now. */
const maxBlocked = 8;
/**
 * Of one sync: after weeks without a worker all that ever failed is due at once, in a dozen parts. Where answers are slow it
 * lasts days, with reads within.
 */
function maxRequestsOf({ manner }: Plan): number {
  return manner.latencyMs[1] > 1_000 ? 6_000 : 3_000;
}

/** Attempts as planned, and then as many as it takes, unless the worker stops or something stands in the way. */
async function runSync(
  run: SimulatedRun,
  environment: Environment,
  { attempts, isCutShort }: PlannedSync,
  accountId: string,
  further: number,
): Promise<boolean> {
  const { exchange } = run;
  exchange.refused.clear();
  const startMs = exchange.nowMs;
  const requestsBefore = exchange.requests;
  const maxRequests = maxRequestsOf(run.plan);
  let finished: readonly string[] = [];
  let done = false;
  let blocked = 0;
  let isBlocked = false;
  const most = attempts.length + (isCutShort ? 0 : further);
  for (let i = 0; i < most && !done && blocked < maxBlocked; i++) {
    if (exchange.requests - requestsBefore > maxRequests) {
      const { times, window } = exchange.log.mostAsked(startMs);
      run.watch.find('end', `a sync makes more than ${maxRequests} requests, ${times} of them for ${window}`);
      break;
    }
    const planned = attempts[i] ?? undisturbed;
    // A stopped stream is requested again in each attempt. Real ones are long, and where everything waits not many more are made.
    const attempt =
      blocked > 0 || (isBlocked && i % 2 === 1)
        ? { ...planned, pages: Math.max(planned.pages, undisturbed.pages) }
        : planned;
    const result = await runAttempt(run, environment, accountId, attempt, finished);
    ({ done, finished, isBlocked } = result);
    run.watch.note(`attempt of ${attempt.pages} pages ${done ? 'is done' : 'has more to do'}`);
    exchange.nowMs += done ? 0 : attempt.waitMs;
    const waits = isBlocked && !result.goesOn;
    blocked = waits ? blocked + 1 : 0;
    // The workflow waits longer and longer; a planned attempt has its own pause.
    if (waits && planned.waitMs === 0) exchange.nowMs += 10 * minuteMs;
  }
  run.syncs.push({ accountId, startMs, isCutShort, range: null, refused: new Set(exchange.refused) });
  return done;
}

interface AttemptResult {
  readonly done: boolean;
  /** Something stands in the way, which another attempt at once would meet as well. */
  readonly isBlocked: boolean;
  /** Beside it something has more to read, so the next attempt follows at once. */
  readonly goesOn: boolean;
  readonly finished: readonly string[];
}

/** The next attempt is made for the same request, as of an activity that failed. */
function nothingDone(finished: readonly string[]): AttemptResult {
  return { done: false, isBlocked: false, goesOn: true, finished };
}

async function runAttempt(
  run: SimulatedRun,
  environment: Environment,
  accountId: string,
  attempt: PlannedAttempt,
  finished: readonly string[],
): Promise<AttemptResult> {
  const { exchange, streams } = run;
  const read = (options: Omit<Participant, 'finished'>) =>
    readStreams(run, environment, accountId, attempt, { ...options, finished });
  if (attempt.together === 'zombie') {
    exchange.count('two attempts at once');
    const turns = new Turns(attempt.turnSeed);
    const results = await Promise.all([
      read({ streams, turns, who: 0, faults: attempt.faults }),
      read({ streams, turns, who: 1, faults: [] }),
    ]);
    return results.find(({ done }) => done) ?? nothingDone(finished);
  }
  if (attempt.together === 'side-by-side' && streams.length > 1) {
    exchange.count('streams side by side');
    const turns = new Turns(attempt.turnSeed);
    const results = await Promise.all(
      streams.map((stream, who) => read({ streams: [stream], turns, who, faults: who === 0 ? attempt.faults : [] })),
    );
    return {
      done: results.every(({ done }) => done),
      isBlocked: results.every(({ isBlocked }) => isBlocked),
      goesOn: results.some(({ goesOn }) => goesOn),
      finished: results.flatMap((result) => result.finished),
    };
  }
  return read({ streams, turns: null, who: 0, faults: attempt.faults });
}

interface Participant {
  readonly streams: readonly Stream[];
  readonly turns: Turns | null;
  readonly who: number;
  readonly faults: readonly PlannedFault[];
  readonly finished: readonly string[];
}

/** As the activity reads: stream after stream, until something stands in the way of all of them. */
async function readStreams(
  run: SimulatedRun,
  environment: Environment,
  accountId: string,
  attempt: PlannedAttempt,
  options: Participant,
): Promise<AttemptResult> {
  const attempted = openAttempt(run, environment, accountId, attempt, options);
  return attempted.survive(async () => {
    const due: Stream[] = [];
    const resting: Stream[] = [];
    for (const stream of options.streams) {
      const isResting = await attempted.steps.aside(() => rests(run, environment, { accountId, stream }));
      (isResting ? resting : due).push(stream);
    }
    const read = await readAccount(attempted.context, { accountId, streams: due, finished: options.finished });
    const results = [...resting.map(nothingToRead), ...read];
    for (const { stream, blocked } of results) if (blocked) run.watch.note(`${stream} is blocked: ${blocked.message}`);
    return {
      done: results.every(({ done }) => done),
      isBlocked: results.some(({ blocked }) => blocked !== null),
      goesOn: results.some(({ goesOn }) => goesOn),
      finished: results.flatMap(({ finished }) => finished),
    };
  });
}

/** A person asks for a range of every part of a stream. */
async function runRange(run: SimulatedRun, environment: Environment, range: PlannedRange): Promise<void> {
  const { exchange, accountId } = run;
  exchange.refused.clear();
  const startMs = exchange.nowMs;
  const stream = exchange.streams.find(({ name }) => name === range.stream);
  if (!stream) return;
  exchange.count('range read on demand');
  let done = true;
  const apart = { turns: null, who: 0, faults: [], finished: [] };
  for (const part of stream.parts) {
    let left = true;
    for (let calls = 0; left && calls < furtherAttempts; calls++) {
      const attempted = openAttempt(run, environment, accountId, undisturbed, apart);
      const asked = { from: range.fromMs, to: range.toMs, isFirst: calls === 0 };
      const result = await attempted.survive(async () => {
        const { nextMs, blocked } = await readRange(attempted.context, { accountId, stream, part }, asked);
        return { done: nextMs === null, isBlocked: blocked !== null, goesOn: false, finished: [] };
      });
      left = !result.done;
    }
    done &&= !left;
  }
  run.syncs.push({ accountId, startMs, isCutShort: !done, range, refused: new Set(exchange.refused) });
}

function openAttempt(
  run: SimulatedRun,
  environment: Environment,
  accountId: string,
  attempt: PlannedAttempt,
  { turns, who, faults, finished }: Omit<Participant, 'streams'>,
) {
  const { exchange, watch, mutant } = run;
  exchange.isStored = (record) => watch.isStored(accountId, record);
  const stop = new AbortController();
  const steps = new Steps({
    turns,
    who,
    crash: who === 0 ? attempt.crash : null,
    onStep: (step) => {
      if (step !== attempt.stopAtStep || who !== 0) return;
      exchange.count('had to stop');
      stop.abort();
    },
  });
  const opened = environment.open(steps, exchange.pageOf);
  const watched = watch.over(opened.store, opened.committed);
  const replays = watch.overReplays(opened.replays, opened.committed);
  const met = exchange.openFor(faults);
  const reader = jumbling(stepping(met.reader, steps), run);
  const context = {
    exchange: met.exchange,
    reader: mutant.reader?.(reader, exchange) ?? reader,
    store: mutant.store?.(watched) ?? watched,
    replays: mutant.replays?.(replays) ?? replays,
    settings: exchange.settings,
    keyId: `key ${exchange.keyNumber(exchange.nowMs)}`,
    sizers: run.sizers,
    onDiscarded: () => exchange.count('request thrown away'),
    budget: createBudget({ pages: attempt.pages, durationMs: Number.POSITIVE_INFINITY }, () => 0),
    signal: stop.signal,
  };
  /** What becomes of an attempt that loses its fence, dies, or has to stop. */
  const survive = async (read: () => Promise<AttemptResult>): Promise<AttemptResult> => {
    try {
      return await read();
    } catch (error) {
      if (error instanceof FenceLost) exchange.count('fence lost');
      else if (steps.dead || isCrash(error)) {
        run.sizers = new SizerMemory(reckless);
        exchange.count(attempt.crash?.after ? 'crash after a step' : 'crash before a step');
      } else if (!stop.signal.aborted) {
        watch.find('end', `the engine throws: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
      }
      return nothingDone(finished);
    } finally {
      steps.release();
    }
  };
  return { context, steps, survive };
}

function isCrash(error: unknown): boolean {
  return error instanceof Crash || (error instanceof Error && 'crash' in error);
}

/** From the first window on, so that a few hundred records meet what a long history does. */
const reckless: Caution = { leastSteady: 0, spare: Number.POSITIVE_INFINITY };

/** Requests that are under way together come to the exchange in any order, and their answers to us in another. */
function jumbling(reader: Reader, { plan, exchange, watch }: SimulatedRun): Reader {
  const { readAhead } = plan.manner;
  const random = new Random(plan.seed + exchange.requests);
  const underWay = new Set<UnderWay>();
  const someTicks = async () => {
    for (let ticks = readAhead === 0 ? 0 : random.between(0, 12); ticks > 0; ticks--) await null;
  };
  return {
    ...reader,
    readAhead: () => readAhead,
    ask: async (stream, question, signal) => {
      const asked = { stream, question, signal };
      watch.mayBeAskedBeside(asked, [...underWay]);
      underWay.add(asked);
      if (underWay.size > 1) exchange.count('requests under way together');
      try {
        await someTicks();
        const page = await reader.ask(stream, question, signal);
        await someTicks();
        if ([...underWay][0] !== asked) exchange.count('answers out of their order');
        return page;
      } finally {
        underWay.delete(asked);
      }
    },
  };
}

function stepping(reader: Reader, steps: Steps): Reader {
  return {
    ask: (stream, question, signal) => steps.around(() => reader.ask(stream, question, signal)),
    check: (options, signal) => reader.check(options, signal),
  };
}
