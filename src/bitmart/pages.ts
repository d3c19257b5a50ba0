import { ExchangeFailure } from '../history/failure.ts';
import type { StoredAnswer } from '../history/ports.ts';
import type { Page, Question, ServedRow, Stream } from '../history/stream.ts';
import type { BitmartStream } from './bitmart-stream.ts';
import type { Answer, Asker } from './client.ts';
import type { Contracts } from './contracts.ts';
import { ageSecondsOf, senseless, successCode } from './envelope.ts';
import { isEndpointGone, ofWholeStream } from './error-table.ts';
import { isRefusedElsewhere, mayConcernOneEndpoint, ofOneStream } from './key-witness.ts';
import { listAnswer } from './list-answer.ts';
import { agreedAnswer, countEqual } from './occurrences.ts';
import { rowsAt, type SourceRow } from './rows.ts';
import { servedRows } from './served-rows.ts';
import { bitmartStreams } from './streams/index.ts';
import type { BitmartRequest } from './transport.ts';

/** Requests one window. Throws ExchangeFailure for everything that is not a page. */
export async function askPage(asker: Asker, stream: Stream, question: Question, contracts: Contracts): Promise<Page> {
  try {
    return await requested(asker, declared(stream), question, contracts);
  } catch (error) {
    throw error instanceof ExchangeFailure ? ofWholeStream(error, stream) : error;
  }
}

/** The page that the current mapping makes of a stored answer. */
export async function pageOfStored(
  { question, askedFromMs, askedToMs, clockMs, bytes, trace }: StoredAnswer,
  stream: Stream,
  contracts: Contracts,
  signal: AbortSignal,
): Promise<Page> {
  const bitmart = declared(stream);
  const sources = rowsAt(new TextDecoder().decode(bytes), bitmart.rowsPath);
  if (sources === null) throw new Error(`A stored answer of ${stream.name} holds no list of rows.`);
  const rows = await rowsOf(bitmart, question.part, sources, contracts, signal);
  return { question, askedFromMs, askedToMs, clockMs, ageSeconds: 0, rows, bytes, trace };
}

async function requested(
  asker: Asker,
  bitmart: BitmartStream,
  question: Question,
  contracts: Contracts,
): Promise<Page> {
  const { unitMs } = bitmart.stream;
  // One more unit on each side, so that it does not matter whether the exchange includes its bounds.
  const bounds = { fromMs: question.core.from - unitMs, toMs: question.core.to };
  let request = bitmart.request(question, bounds);
  const answered = () =>
    askedTwice(asker, request).catch((error: unknown) => {
      const instead = bitmart.requestInstead?.(question, bounds);
      if (!instead || !isRefusalOfEndpoint(error) || request.endpoint === instead.endpoint) throw error;
      request = instead;
      return askedTwice(asker, request);
    });
  const ask = async (): Promise<Page> => {
    const { answer, rows } = await listAnswer(asker.client, bitmart.rowsPath, answered);
    return {
      question,
      askedFromMs: bounds.fromMs,
      askedToMs: bounds.toMs,
      clockMs: answer.clockMs,
      ageSeconds: ageSecondsOf(answer.http),
      rows: await rowsOf(bitmart, question.part, rows, contracts, asker.signal),
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
async function askedTwice(asker: Asker, request: BitmartRequest): Promise<Answer> {
  const { client, key, signal } = asker;
  try {
    return await client.ask(request, key, signal);
  } catch (error) {
    if (!(error instanceof ExchangeFailure) || !mayConcernOneEndpoint(error.details)) throw error;
    if (await isRefusedElsewhere(asker)) throw error;
  }
  try {
    return await client.ask(request, key, signal);
  } catch (error) {
    throw error instanceof ExchangeFailure ? new ExchangeFailure(ofOneStream(error.details)) : error;
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

function declared(stream: Stream): BitmartStream {
  const found = (bitmartStreams as readonly BitmartStream[]).find((candidate) => candidate.stream.name === stream.name);
  if (!found) throw new Error(`BitMart has no stream "${stream.name}".`);
  return found;
}

async function rowsOf(
  bitmart: BitmartStream,
  part: string,
  sources: readonly SourceRow[],
  contracts: Contracts,
  signal: AbortSignal,
): Promise<readonly ServedRow[]> {
  // Contracts are requested only for the stream that stores them.
  const hasSnapshot = bitmart.stream.table.columns.some((column) => column.snapshot);
  if (sources.length > 0 && hasSnapshot) await contracts.refresh(signal);
  const context = { part, contract: (symbol: string) => contracts.of(symbol) };
  return countEqual(await servedRows(sources, bitmart, context), bitmart);
}
