import { type Network, passageOf } from '../../sandbox/network.ts';
import { Random } from '../../sandbox/random.ts';
import { streams } from '../../src/bitmart/index.ts';
import { RoundTrips } from '../../src/bitmart/round-trips.ts';
import { Sendings } from '../../src/bitmart/sendings.ts';
import type { HistoryStore, Reader } from '../../src/history/ports.ts';
import { SizerMemory } from '../../src/history/sizer-memory.ts';
import type { Stream } from '../../src/history/stream.ts';
import { MemoryStore } from '../simulation/memory-store.ts';
import { CountingExchange } from './counting-exchange.ts';
import { settings } from './pages.ts';
import { createBudget, readStream } from './read-stream.ts';
import { VirtualTime } from './virtual-time.ts';

const stream = streams.find(({ name }) => name === 'spot-trades') as Stream;
/** 12 calls in 2 s, of which nine tenths are used. */
const limit = { callsIn2Seconds: 12, spacingMs: 186, leastMs: 176 };
/** A page is judged in the middle of its transaction. */
const commitMs = 20;
const reserveMs = 4;

export interface SentRequest {
  readonly atMs: number;
  readonly from: number;
  readonly to: number;
  rows: number;
}

export interface DistantReading {
  readonly times: readonly number[];
  readonly network: Network;
  /** One request at a time. */
  readonly isAlone?: boolean;
}

/** Reads a history of spot trades over a network, under the published limit, in no time. */
export async function readFromAfar({ times, network, isAlone = false }: DistantReading) {
  const time = new VirtualTime();
  const exchange = new CountingExchange(stream, 'newest-first', times);
  const random = new Random(1);
  const trips = new RoundTrips();
  const sendings = new Sendings(() => time.nowMs, time.sleep);
  const answers = exchange.open();
  const sent: SentRequest[] = [];
  const [reserving, locked] = [new Line(), new Line()];
  let nextSlotMs = 0;
  const slot = async (signal: AbortSignal) => {
    await time.sleep(reserveMs, { signal });
    const slotMs = Math.max(time.nowMs, nextSlotMs);
    nextSlotMs = slotMs + limit.spacingMs;
    await time.sleep(slotMs - time.nowMs, { signal });
  };
  const reader: Reader = {
    ...answers,
    readAhead: () => (isAlone ? 0 : trips.ahead('spot')),
    ask: async (of, question, signal) => {
      await reserving.next(() => slot(signal));
      const over = await sendings.next(limit, signal);
      const request: SentRequest = { atMs: time.nowMs, ...question.core, rows: 0 };
      sent.push(request);
      const passage = passageOf(network, random);
      await time.sleep(passage.thereMs, { signal });
      const page = await answers.ask(of, question, signal);
      await time.sleep(passage.backMs, { signal });
      over();
      request.rows = page.rows.length;
      trips.note('spot', { durationMs: time.nowMs - request.atMs, spacingMs: limit.spacingMs });
      return page;
    },
  };
  const memory = new MemoryStore();
  const store: HistoryStore = {
    openPart: (part) => memory.openPart(part),
    commitPage: (...page) =>
      locked.next(async () => {
        await time.sleep(commitMs / 2);
        const outcome = await memory.commitPage(...page);
        await time.sleep(commitMs / 2);
        return outcome;
      }),
    changePart: (...change) => memory.changePart(...change),
    knownValues: (...asked) => memory.knownValues(...asked),
    changingRecords: (part) => memory.changingRecords(part),
  };
  const { signal } = new AbortController();
  const budget = createBudget({ pages: 10_000, durationMs: 1e12 }, () => 0);
  const context = { exchange, reader, store, settings, sizers: new SizerMemory(), budget, signal };
  const { done } = await time.through(readStream(context, 'account', stream));
  const { rows } = memory.part({ accountId: 'account', stream, part: 'all' });
  return { done, stored: rows.size, sent, share: shareOf(sent) };
}

/** Of the slots between the first page with rows and the last request, those that were used. */
function shareOf(sent: readonly SentRequest[]): number {
  const counted = sent.slice(sent.findIndex(({ rows }) => rows > 0));
  const elapsedMs = (counted.at(-1)?.atMs ?? 0) - (counted[0]?.atMs ?? 0);
  return ((counted.length - 1) * limit.spacingMs) / elapsedMs;
}

/** One after the other. */
class Line {
  #last: Promise<unknown> = Promise.resolve();

  next<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}
