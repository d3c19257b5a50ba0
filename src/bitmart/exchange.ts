import { ExchangeFailure } from '../history/failure.ts';
import type { Exchange, KeyCheckOptions, KeyReport, OpenKey, Reader, StoredAnswer } from '../history/ports.ts';
import type { Range } from '../history/range-set.ts';
import type { Page, Question, ServedRow, Stream } from '../history/stream.ts';
import { balancesOf } from './balances.ts';
import type { BitmartStream } from './bitmart-stream.ts';
import { type Answer, BitmartClient, type ClientOptions } from './client.ts';
import { closedOrdersOf } from './closed-orders.ts';
import { Contracts } from './contracts.ts';
import { ageSecondsOf, senseless, successCode } from './envelope.ts';
import { isEndpointGone, ofWholeStream } from './error-table.ts';
import { checkKey } from './key-check.ts';
import { isRefusedElsewhere, ofOneStream } from './key-witness.ts';
import { listAnswer } from './list-answer.ts';
import { marginBalancesOf } from './margin-balances.ts';
import { agreedAnswer, countEqual } from './occurrences.ts';
import { rowsAt, type SourceRow } from './rows.ts';
import { servedRows } from './served-rows.ts';
import { bitmartStreams, streams } from './streams/index.ts';
import type { BitmartRequest } from './transport.ts';

export type BitmartOptions = ClientOptions;

export interface BitmartExchange extends Exchange {
  /** The page that the current mapping makes of a stored answer. */
  pageOf(stream: Stream, answer: StoredAnswer, signal: AbortSignal): Promise<Page>;
  close(): Promise<void>;
}

/** BitMart behind the interface of the engine. */
export function createBitmartExchange(options: BitmartOptions): BitmartExchange {
  const client = new BitmartClient(options);
  const contracts = new Contracts(client, options.monotonicNow);
  return {
    name: 'bitmart',
    streams,
    clockMs: () => client.clockMs(),
    measureClock: (signal) => client.measureClock(signal),
    open: (key) => new BitmartReader(client, contracts, key),
    pageOf: async (stream, { question, askedFromMs, askedToMs, clockMs, bytes, trace }, signal) => {
      const bitmart = declared(stream);
      const sources = rowsAt(new TextDecoder().decode(bytes), bitmart.rowsPath);
      if (sources === null) throw new Error(`A stored answer of ${stream.name} holds no list of rows.`);
      const rows = await rowsOf(bitmart, question.part, sources, contracts, signal);
      return { question, askedFromMs, askedToMs, clockMs, ageSeconds: 0, rows, bytes, trace };
    },
    close: () => client.close(),
  };
}

class BitmartReader implements Reader {
  readonly #client: BitmartClient;
  readonly #contracts: Contracts;
  readonly #key: OpenKey;

  constructor(client: BitmartClient, contracts: Contracts, key: OpenKey) {
    this.#client = client;
    this.#contracts = contracts;
    this.#key = key;
  }

  async ask(stream: Stream, question: Question, signal: AbortSignal): Promise<Page> {
    try {
      return await this.#ask(declared(stream), question, signal);
    } catch (error) {
      throw error instanceof ExchangeFailure ? ofWholeStream(error, stream) : error;
    }
  }

  async #ask(bitmart: BitmartStream, question: Question, signal: AbortSignal): Promise<Page> {
    const { unitMs } = bitmart.stream;
    // One more unit on each side, so that it does not matter whether the exchange includes its bounds.
    const bounds = { fromMs: question.core.from - unitMs, toMs: question.core.to };
    let request = bitmart.request(question, bounds);
    const answered = () =>
      this.#asked(request, signal).catch((error: unknown) => {
        const instead = bitmart.requestInstead?.(question, bounds);
        if (!instead || !isRefusalOfEndpoint(error) || request.endpoint === instead.endpoint) throw error;
        request = instead;
        return this.#asked(request, signal);
      });
    const ask = async (): Promise<Page> => {
      const { answer, rows } = await listAnswer(this.#client, bitmart.rowsPath, answered);
      return {
        question,
        askedFromMs: bounds.fromMs,
        askedToMs: bounds.toMs,
        clockMs: answer.clockMs,
        ageSeconds: ageSecondsOf(answer.http),
        rows: await rowsOf(bitmart, question.part, rows, this.#contracts, signal),
        bytes: answer.http.bytes,
        trace: answer.trace,
      };
    };
    const page = await agreedAnswer(bitmart, ask);
    if (page) return page;
    throw senseless({ endpoint: request.endpoint, status: 200 }, 'several times in a row other records repeat');
  }

  /**
   * A refusal of the key that another endpoint does not share concerns this endpoint alone: BitMart uses 30011 also for "no
   * permission", and in an outage single answers are wrong. So the key is tried elsewhere, and the request is repeated once.
   */
  async #asked(request: BitmartRequest, signal: AbortSignal): Promise<Answer> {
    try {
      return await this.#client.ask(request, this.#key, signal);
    } catch (error) {
      if (!isRefusalOfKey(error) || error.details.problem === 'wrong-secret-or-memo') throw error;
      if (await isRefusedElsewhere({ client: this.#client, key: this.#key, signal })) throw error;
    }
    try {
      return await this.#client.ask(request, this.#key, signal);
    } catch (error) {
      if (!isRefusalOfKey(error)) throw error;
      throw new ExchangeFailure(ofOneStream(error.details));
    }
  }

  readAhead(stream: Stream): number {
    return this.#client.readAhead(stream.endpoint);
  }

  balances(signal: AbortSignal) {
    return balancesOf(this.#client, this.#key, signal);
  }

  pairBalances(signal: AbortSignal) {
    return marginBalancesOf(this.#client, this.#key, signal);
  }

  closedOrders(window: Range, signal: AbortSignal) {
    return closedOrdersOf(this.#client, this.#key, window, signal);
  }

  check(options: KeyCheckOptions, signal: AbortSignal): Promise<KeyReport> {
    return checkKey(this.#client, this.#key, options, signal);
  }
}

/** Whether the endpoint is for other keys than this one, whatever the code says. */
function isRefusalOfEndpoint(error: unknown): boolean {
  if (!(error instanceof ExchangeFailure)) return false;
  const { kind, exchangeCode } = error.details;
  return (
    kind === 'refused-stream' ||
    isEndpointGone(error.details) ||
    (kind === 'unexpected' && exchangeCode !== null && exchangeCode !== successCode)
  );
}

function isRefusalOfKey(error: unknown): error is ExchangeFailure {
  return error instanceof ExchangeFailure && error.details.kind === 'refused-key';
}

function declared(stream: Stream): BitmartStream {
  const found = (bitmartStreams as readonly BitmartStream[]).find((candidate) => candidate.stream.name === stream.name);
  if (!found) throw new Error(`BitMart has no stream "${stream.name}".`);
  return found;
}

/** Contracts are requested only for the stream that stores them. */
function hasSnapshot({ table }: Stream): boolean {
  return table.columns.some((column) => column.snapshot);
}

async function rowsOf(
  bitmart: BitmartStream,
  part: string,
  sources: readonly SourceRow[],
  contracts: Contracts,
  signal: AbortSignal,
): Promise<readonly ServedRow[]> {
  if (sources.length > 0 && hasSnapshot(bitmart.stream)) await contracts.refresh(signal);
  const context = { part, contract: (symbol: string) => contracts.of(symbol) };
  return countEqual(await servedRows(sources, bitmart, context), bitmart);
}
