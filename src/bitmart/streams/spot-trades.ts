import { isoTime } from '../../history/iso-time.ts';
import { type BitmartStream, bitmartOriginMs, filterBy } from '../bitmart-stream.ts';
import { decimal, identifier, optionalDecimal, optionalInstantMs, optionalText, word } from '../fields.ts';

const dayMs = 86_400_000;
const endpoint = '/spot/v4/query/trades';
const cap = 200;

/** Executions on the spot market, isolated margin included, over all pairs at once. Signed; bounds in milliseconds. */
export const spotTrades = {
  stream: {
    name: 'spot-trades',
    parts: ['all'],
    unitMs: 1,
    cap,
    widestWindowMs: 90 * dayMs,
    originMs: bitmartOriginMs,
    reachMs: 89 * dayMs,
    reachIsDocumented: true,
    ending: 'spot-trading',
    defaultWindowMs: 7 * dayMs,
    splits: [
      { column: 'order_mode', exhaustiveValues: ['spot', 'iso_margin'] },
      { column: 'symbol', exhaustiveValues: null },
    ],
    endpoint,
    suspiciousTotal: null,
    mappingVersion: 1,
    table: {
      name: 'spot_trade',
      hasPart: false,
      columns: [
        { name: 'symbol', type: 'text' },
        { name: 'trade_id', type: 'text' },
        { name: 'order_id', type: 'text' },
        { name: 'client_order_id', type: 'text', nullable: true },
        { name: 'order_mode', type: 'text', nullable: true },
        { name: 'order_type', type: 'text', nullable: true },
        { name: 'side', type: 'text' },
        { name: 'role', type: 'text', nullable: true },
        { name: 'price', type: 'numeric' },
        { name: 'size', type: 'numeric' },
        { name: 'notional', type: 'numeric', nullable: true },
        { name: 'fee', type: 'numeric', nullable: true },
        { name: 'fee_currency', type: 'text', nullable: true },
        { name: 'traded_at', type: 'timestamptz' },
        { name: 'updated_at', type: 'timestamptz', nullable: true },
      ],
      identity: ['symbol', 'trade_id', 'order_id'],
      fixed: ['traded_at', 'side', 'price', 'size'],
      timeColumn: 'traded_at',
      final: null,
    },
  },
  timeField: 'createTime',
  rowsPath: ['data'],
  request: (question, bounds) => ({
    host: 'spot',
    method: 'POST',
    endpoint,
    callsIn2Seconds: 12,
    level: 'signed',
    parameters: {
      startTime: bounds.fromMs,
      endTime: bounds.toMs,
      limit: cap,
      ...filterBy(question, { order_mode: 'orderMode', symbol: 'symbol' }),
    },
  }),
  mapRow: (row, { part }) => {
    const updatedAtMs = optionalInstantMs(row, 'updateTime');
    return {
      part,
      columns: {
        symbol: identifier(row, 'symbol'),
        trade_id: identifier(row, 'tradeId'),
        order_id: identifier(row, 'orderId'),
        client_order_id: optionalText(row, 'clientOrderId'),
        order_mode: word(row, 'orderMode', ['spot', 'iso_margin']),
        order_type: optionalText(row, 'type'),
        side: word(row, 'side', ['buy', 'sell']),
        role: word(row, 'tradeRole', ['taker', 'maker']),
        price: decimal(row, 'price'),
        size: decimal(row, 'size'),
        notional: optionalDecimal(row, 'notional'),
        fee: optionalDecimal(row, 'fee'),
        fee_currency: optionalText(row, 'feeCoinName'),
        updated_at: updatedAtMs === null ? null : isoTime(updatedAtMs),
      },
    };
  },
} as const satisfies BitmartStream;
