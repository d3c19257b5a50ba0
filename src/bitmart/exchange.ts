import type { Exchange, OpenKey, Reader, StoredAnswer } from '../history/ports.ts';
import type { Page, Stream } from '../history/stream.ts';
import { balancesOf } from './balances.ts';
import { type Asker, BitmartClient, type ClientOptions } from './client.ts';
import { closedOrdersOf } from './closed-orders.ts';
import { Contracts } from './contracts.ts';
import { checkKey } from './key-check.ts';
import { marginBalancesOf } from './margin-balances.ts';
import { askPage, pageOfStored } from './pages.ts';
import { streams } from './streams/index.ts';

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
    open: (key) => readerWith(key, client, contracts),
    pageOf: (stream, answer, signal) => pageOfStored(answer, stream, contracts, signal),
    close: () => client.close(),
  };
}

function readerWith(key: OpenKey, client: BitmartClient, contracts: Contracts): Reader {
  const asker = (signal: AbortSignal): Asker => ({ client, key, signal });
  return {
    ask: (stream, question, signal) => askPage(asker(signal), stream, question, contracts),
    readAhead: ({ endpoint }) => client.readAhead(endpoint),
    balances: (signal) => balancesOf(asker(signal)),
    pairBalances: (signal) => marginBalancesOf(asker(signal)),
    closedOrders: (window, signal) => closedOrdersOf(asker(signal), window),
    check: (options, signal) => checkKey(asker(signal), options),
  };
}
