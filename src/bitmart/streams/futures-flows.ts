import { type BitmartStream, bitmartOriginMs, filterBy } from '../bitmart-stream.ts';
import {
  decimal,
  identifier,
  meaningIn,
  optionalIdentifier,
  optionalText,
  partIn,
  scalar,
  UnreadableField,
} from '../fields.ts';
import type { RowFields } from '../rows.ts';

const dayMs = 86_400_000;
const endpoint = '/contract/private/transaction-history';
const cap = 1_000;

/** As documented; other spellings are recognised by the number. */
const typeOfWord: Readonly<Record<string, number>> = {
  transfer: 1,
  'realized pnl': 2,
  'funding fee': 3,
  'commission fee': 4,
  commission: 4,
  'liquidation clearance': 5,
};
const parts = ['futures', 'copy_trading'] as const;
const knownTypes = ['1', '2', '3', '4', '5'] as const;

/**
 * What moves the balance of the futures and the copy trading account: transfers, realised profit, funding, fees. Bounds in
 * MILLISECONDS, unlike futures trades. Its `tran_id` may be no id (the one that was seen equals the time), so a record is
 * identified by its whole content, and equal ones by counting them.
 */
export const futuresFlows = {
  stream: {
    name: 'futures-flows',
    parts,
    unitMs: 1,
    cap,
    widestWindowMs: 90 * dayMs,
    originMs: bitmartOriginMs,
    reachMs: 89 * dayMs,
    reachIsDocumented: true,
    defaultWindowMs: 7 * dayMs,
    splits: [
      { column: 'flow_type', exhaustiveValues: knownTypes },
      { column: 'symbol', exhaustiveValues: null },
    ],
    endpoint,
    suspiciousTotal: null,
    mappingVersion: 1,
    table: {
      name: 'futures_flow',
      hasPart: true,
      columns: [
        { name: 'flow_type', type: 'integer' },
        { name: 'type', type: 'text', nullable: true },
        { name: 'symbol', type: 'text' },
        { name: 'asset', type: 'text' },
        { name: 'amount', type: 'numeric' },
        { name: 'occurred_at', type: 'timestamptz' },
        { name: 'tran_id', type: 'text' },
        { name: 'occurrence', type: 'integer' },
      ],
      identity: ['occurred_at', 'symbol', 'flow_type', 'asset', 'amount', 'tran_id', 'occurrence'],
      fixed: ['occurred_at'],
      timeColumn: 'occurred_at',
      final: null,
    },
  },
  occurrenceColumn: 'occurrence',
  timeField: 'time',
  rowsPath: ['data'],
  request: (question, bounds) => ({
    host: 'futures',
    method: 'GET',
    endpoint,
    callsIn2Seconds: 6,
    level: 'keyed',
    parameters: {
      account: question.part,
      start_time: bounds.fromMs,
      end_time: bounds.toMs,
      page_size: cap,
      ...filterBy(question, { flow_type: 'flow_type', symbol: 'symbol' }),
    },
  }),
  mapRow: (row, { part }) => ({
    part: partIn(row, 'account', parts) ?? part,
    columns: {
      flow_type: flowTypeOf(row),
      type: optionalText(row, 'type'),
      // Transfers have none.
      symbol: optionalIdentifier(row, 'symbol') ?? '',
      asset: identifier(row, 'asset'),
      amount: decimal(row, 'amount'),
      tran_id: identifier(row, 'tran_id'),
      occurrence: 1,
    },
  }),
} as const satisfies BitmartStream;

/** The number; one of the documentation's examples has the word only. */
function flowTypeOf(row: RowFields): number {
  const code = row.flow_type === undefined || row.flow_type === null ? null : scalar(row, 'flow_type');
  const type = code ?? String(meaningIn(typeOfWord, scalar(row, 'type').toLowerCase()) ?? '');
  if (knownTypes.some((known) => known === type)) return Number(type);
  throw new UnreadableField('unknown-value', 'flow_type');
}
