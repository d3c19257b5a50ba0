import type { Random } from '../random.ts';
import type { WireRow } from '../wire-text.ts';
import { decimalText } from './decimal.ts';
import { contracts } from './markets.ts';

const typeOfFlow: Readonly<Record<number, string>> = {
  1: 'Transfer',
  2: 'Realized PNL',
  3: 'Funding Fee',
  4: 'Commission Fee',
  5: 'Liquidation Clearance',
};

/** A row of the futures cash flows: what is not given comes from the seed. `time` must be given. */
export function futuresFlow(given: WireRow, random: Random): WireRow {
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
