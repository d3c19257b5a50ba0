import { moments } from '../moments.ts';
import type { Random } from '../random.ts';
import { decimalText } from '../rows/decimal.ts';
import { contracts } from '../rows/markets.ts';
import type { SandboxStream, Spread } from '../stream.ts';
import type { GivenRow, WireRow } from '../wire-text.ts';

/** What moves the balance of the futures and the copy trading account. */
export const futuresFlows: SandboxStream = {
  service: 'contract',
  endpoint: '/contract/private/transaction-history',
  parts: ['futures', 'copy_trading'],
  unitMs: 1,
  cap: 1_000,
  defaultWindowMs: 7 * 86_400_000,
  reach: 'trades',
  timeField: 'time',
  idField: 'tran_id',
  amountField: 'amount',
  symbolField: 'symbol',
  completed,
  generated,
};

const typeOfFlow: Readonly<Record<number, string>> = {
  1: 'Transfer',
  2: 'Realized PNL',
  3: 'Funding Fee',
  4: 'Commission Fee',
  5: 'Liquidation Clearance',
};

function completed(given: WireRow, random: Random): WireRow {
  const flowType = Number(given.flow_type ?? random.pick([1, 2, 3, 3, 3, 4]));
  return {
    type: typeOfFlow[flowType] ?? 'Transfer',
    amount: decimalText({ units: BigInt(random.between(-9_000_000, 9_000_000)), digits: 8 }),
    asset: 'USDT',
    symbol: flowType === 1 ? '' : random.pick(contracts).symbol,
    // As in the one capture: the same as the time, so that several of one instant share it.
    tran_id: String(given.time),
    flow_type: flowType,
    ...given,
    // Text, other than everywhere else.
    time: String(given.time),
  };
}

/** A burst is one funding of many positions: some of them equal in everything, as small amounts are. */
function* generated(part: string, spread: Spread, random: Random): Iterable<GivenRow> {
  for (const { atMs, count } of moments(spread, random)) {
    for (let i = 0; i < count; i++) {
      const small = random.chance(0.3)
        ? { symbol: 'BTCUSDT', flow_type: 3, amount: random.pick(['-0.0001', '-0.0002']) }
        : {};
      yield { part, time: atMs, ...small };
    }
  }
}
