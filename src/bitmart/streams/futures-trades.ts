import { type BitmartStream, bitmartOriginMs, filterBy } from '../bitmart-stream.ts';
import {
  decimal,
  identifier,
  meaningIn,
  optionalDecimal,
  optionalText,
  partIn,
  scalar,
  UnreadableField,
  word,
} from '../fields.ts';
import type { RowFields } from '../rows.ts';

const dayMs = 86_400_000;
const endpoint = '/contract/private/trades';

const parts = ['futures', 'copy_trading'] as const;

/** Hedge mode: 1 open long, 2 close short, 3 close long, 4 open short. One-way mode: 1 and 2 buy, 3 and 4 sell as well. */
const sideOfCode: Readonly<Record<string, 'buy' | 'sell'>> = { 1: 'buy', 2: 'buy', 3: 'sell', 4: 'sell' };

/** Executions of contracts, of the futures and the copy trading account. Bounds in SECONDS, answers in milliseconds. */
export const futuresTrades = {
  stream: {
    name: 'futures-trades',
    parts,
    unitMs: 1_000,
    cap: 200,
    widestWindowMs: 90 * dayMs,
    originMs: bitmartOriginMs,
    reachMs: 89 * dayMs,
    reachIsDocumented: true,
    ending: 'futures-trading',
    defaultWindowMs: 7 * dayMs,
    splits: [{ column: 'symbol', exhaustiveValues: null }],
    endpoint,
    suspiciousTotal: null,
    mappingVersion: 1,
    table: {
      name: 'futures_trade',
      hasPart: true,
      columns: [
        { name: 'symbol', type: 'text' },
        { name: 'trade_id', type: 'text' },
        { name: 'order_id', type: 'text' },
        { name: 'client_order_id', type: 'text', nullable: true },
        { name: 'side_code', type: 'integer' },
        { name: 'side', type: 'text' },
        { name: 'role', type: 'text', nullable: true },
        { name: 'price', type: 'numeric' },
        { name: 'contracts', type: 'numeric' },
        { name: 'contract_size', type: 'numeric', nullable: true, snapshot: true },
        { name: 'fee', type: 'numeric', nullable: true },
        { name: 'realised_profit', type: 'numeric', nullable: true },
        { name: 'traded_at', type: 'timestamptz' },
        { name: 'contract_kind', type: 'text', nullable: true, snapshot: true },
        { name: 'base_asset', type: 'text', nullable: true, snapshot: true },
        { name: 'quote_asset', type: 'text', nullable: true, snapshot: true },
        { name: 'settlement_asset', type: 'text', nullable: true, snapshot: true },
        { name: 'fee_currency', type: 'text', nullable: true, isAdded: true },
      ],
      identity: ['symbol', 'trade_id', 'order_id'],
      fixed: ['traded_at', 'side_code', 'price', 'contracts'],
      timeColumn: 'traded_at',
      final: null,
    },
  },
  timeField: 'create_time',
  rowsPath: ['data'],
  request: (question, bounds) => ({
    host: 'futures',
    method: 'GET',
    endpoint,
    callsIn2Seconds: 6,
    level: 'keyed',
    parameters: {
      account: question.part,
      start_time: bounds.fromMs / 1_000,
      end_time: bounds.toMs / 1_000,
      ...filterBy(question, { symbol: 'symbol' }),
    },
  }),
  mapRow: (row, { part, contract }) => {
    const symbol = identifier(row, 'symbol');
    const { size, kind, base, quote, settlement } = contract(symbol);
    const sideCode = scalar(row, 'side');
    const side = meaningIn(sideOfCode, sideCode);
    if (side === undefined) throw new UnreadableField('unknown-value', 'side');
    return {
      part: partIn(row, 'account', parts) ?? part,
      columns: {
        symbol,
        trade_id: identifier(row, 'trade_id'),
        order_id: identifier(row, 'order_id'),
        client_order_id: optionalText(row, 'client_order_id'),
        side_code: Number(sideCode),
        side,
        role: word(row, 'exec_type', ['taker', 'maker']),
        price: decimal(row, 'price'),
        contracts: decimal(row, 'vol'),
        contract_size: size,
        fee: optionalDecimal(row, 'paid_fees'),
        realised_profit: optionalDecimal(row, 'realised_profit'),
        contract_kind: kind,
        base_asset: base,
        quote_asset: quote,
        settlement_asset: settlement,
        fee_currency: feeCurrencyOf(row),
      },
    };
  },
} as const satisfies BitmartStream;

/** Not documented here, but a field of other endpoints. The currency is never derived, least of all from the contract. */
function feeCurrencyOf(row: RowFields): string | null {
  return optionalText(row, 'feeCoinName') ?? optionalText(row, 'fee_coin_name') ?? optionalText(row, 'fee_currency');
}
