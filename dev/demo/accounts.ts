import type { Credentials } from '../../sandbox/account.ts';
import { marginPairs } from '../../sandbox/rows/markets.ts';
import type { SandboxExchange } from '../../sandbox/server.ts';
import { type StreamName, streams } from '../../sandbox/streams/index.ts';

/** One user of the platform with one account at the exchange, which has the owner's name there. */
export interface SimulatedAccount {
  readonly owner: string;
  readonly label: string;
  /** What the user would type in. */
  readonly credentials: Credentials;
}

/** The streams that are stored, in the order in which they are shown. */
export { type StreamName as ShownStream, streamNames as shownStreams } from '../../sandbox/streams/index.ts';

/** Within the documented reach for long enough that nothing expires while we read. */
const tradeDays = 89;
/** Movements are served without a limit: some are older than the 90 days that one request may ask for. */
const movementDays = 700;

/** About 25,000 records in bursts of up to 150 in one millisecond (futures: one second), copy trading included. */
export function addBusyTrader(exchange: SandboxExchange): SimulatedAccount {
  const { apiKey, apiSecret, memo } = exchange.addAccount({ name: 'alice' });
  exchange.generate('alice', { spotTrades: 16_400, futuresTrades: 3_200, futuresFlows: 4_800, days: tradeDays });
  exchange.generate('alice', { withdrawals: 200, deposits: 200, earnRecords: 400, days: movementDays });
  exchange.add('alice', 'withdrawals', [
    { apply_time: anHourAgo(exchange), currency: 'USDT-TRC20', status: 1, tx_id: '' },
  ]);
  return { owner: 'alice', label: 'Busy trader', credentials: { apiKey, apiSecret, memo } };
}

/** The captured records of real accounts, moved into the window; and transfers, for which a key needs more than reading. */
export function addCapturedAccount(exchange: SandboxExchange): SimulatedAccount {
  const { apiKey, apiSecret, memo } = exchange.addAccount({
    name: 'bob',
    permissions: ['Future-Trade', 'Inter-Account Transfer'],
  });
  exchange.addCaptured('bob');
  exchange.generate('bob', { transfers: 130, days: movementDays });
  exchange.generate('bob', { subAccountTransfers: 40, days: tradeDays });
  addMarginLoans(exchange);
  return { owner: 'bob', label: 'Captured payloads', credentials: { apiKey, apiSecret, memo } };
}

/** Of pairs that he has traded on isolated margin: these trades name them. */
function addMarginLoans(exchange: SandboxExchange): void {
  const createTime = anHourAgo(exchange);
  const trades = marginPairs.map((symbol) => ({ createTime, symbol, orderMode: 'iso_margin' }));
  exchange.add('bob', 'spot-trades', trades);
  exchange.generate('bob', { marginLoans: 60, days: movementDays });
}

/** The person who watches the demo, and may link a key on the connection page. */
export function addVisitor(exchange: SandboxExchange): Credentials {
  const account = exchange.addAccount({ name: 'dave' });
  exchange.generate('dave', { spotTrades: 2_400, futuresTrades: 300, deposits: 20, withdrawals: 12, days: tradeDays });
  return account;
}

/** A user who mistypes the memo. */
export function addMistypedAccount(exchange: SandboxExchange): SimulatedAccount {
  const { apiKey, apiSecret, memo } = exchange.addAccount({ name: 'carol' });
  return { owner: 'carol', label: 'Mistyped memo', credentials: { apiKey, apiSecret, memo: `${memo}x` } };
}

/** How many records a stream has, later ones included. */
export function recordCount(exchange: SandboxExchange, owner: string, stream: StreamName): number {
  const account = exchange.account(owner);
  return streams[stream].parts.reduce((sum, part) => sum + account.records(stream, part).all().length, 0);
}

/** Whole seconds, as the exchange serves them for movements. */
function anHourAgo(exchange: SandboxExchange): number {
  return (Math.floor(exchange.clockMs() / 1_000) - 3_600) * 1_000;
}
