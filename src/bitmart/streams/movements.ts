import { type BitmartStream, bitmartOriginMs, filterBy } from '../bitmart-stream.ts';
import { currencyOf } from '../currencies.ts';
import { decimal, identifier, meaningIn, optionalDecimal, optionalText, scalar, UnreadableField } from '../fields.ts';

const dayMs = 86_400_000;
const endpoint = '/account/v2/deposit-withdraw/history';
const cap = 1_000;

const wordOfStatus: Readonly<Record<string, string>> = {
  0: 'create',
  1: 'submitted',
  2: 'processing',
  3: 'success',
  4: 'cancel',
  5: 'fail',
};

interface MovementNames<StreamName, Table, Id> {
  readonly stream: StreamName;
  readonly table: Table;
  readonly operation: 'withdraw' | 'deposit';
  readonly id: Id;
}

/** Requests to withdraw, whatever their outcome: failed and cancelled ones are listed too and must not count as outflows. */
export const withdrawals = movements({
  stream: 'withdrawals',
  table: 'withdrawal',
  operation: 'withdraw',
  id: 'withdraw_id',
});

export const deposits = movements({ stream: 'deposits', table: 'deposit', operation: 'deposit', id: 'deposit_id' });

/** Withdrawals and deposits come from one endpoint and differ in names only. Bounds in milliseconds, windows under 90 days. */
function movements<
  const StreamName extends 'withdrawals' | 'deposits',
  const Table extends 'withdrawal' | 'deposit',
  const Id extends 'withdraw_id' | 'deposit_id',
>(names: MovementNames<StreamName, Table, Id>) {
  const stream = {
    name: names.stream,
    parts: ['all'],
    unitMs: 1,
    cap,
    widestWindowMs: 90 * dayMs - 1_000,
    originMs: bitmartOriginMs,
    reachMs: 89 * dayMs,
    reachIsDocumented: false,
    ending: names.operation === 'deposit' ? 'deposits' : 'platform',
    defaultWindowMs: 90 * dayMs,
    splits: [{ column: 'currency', exhaustiveValues: null }],
    endpoint,
    suspiciousTotal: 100,
    mappingVersion: 2,
    table: {
      name: names.table,
      hasPart: false,
      columns: [
        { name: names.id, type: 'text' },
        { name: 'currency', type: 'text' },
        { name: 'asset', type: 'text', nullable: true },
        { name: 'network', type: 'text', nullable: true },
        { name: 'amount', type: 'numeric' },
        { name: 'fee', type: 'numeric', nullable: true },
        { name: 'status', type: 'text' },
        { name: 'address', type: 'text', nullable: true },
        { name: 'address_memo', type: 'text', nullable: true },
        { name: 'tx_id', type: 'text', nullable: true },
        { name: 'requested_at', type: 'timestamptz' },
      ],
      identity: [names.id],
      fixed: ['requested_at', 'currency'],
      timeColumn: 'requested_at',
      final: { column: 'status', values: ['success', 'cancel', 'fail'] },
    },
  } as const;
  return {
    stream,
    timeField: 'apply_time',
    rowsPath: ['data', 'records'],
    request: (question, bounds) => ({
      host: 'spot',
      method: 'GET',
      endpoint,
      callsIn2Seconds: 8,
      level: 'keyed',
      parameters: {
        operation_type: names.operation,
        N: cap,
        startTime: bounds.fromMs,
        endTime: bounds.toMs,
        ...filterBy(question, { currency: 'currency' }),
      },
    }),
    mapRow: (row, { part }) => {
      const operation = optionalText(row, 'operation_type');
      if (operation !== null && operation !== names.operation)
        throw new UnreadableField('other-operation', names.operation);
      const status = meaningIn(wordOfStatus, scalar(row, 'status'));
      if (status === undefined) throw new UnreadableField('unknown-value', 'status');
      const currency = identifier(row, 'currency');
      return {
        part,
        columns: {
          [names.id]: identifier(row, names.id),
          currency,
          ...currencyOf(currency),
          amount: decimal(row, 'arrival_amount'),
          fee: optionalDecimal(row, 'fee'),
          status,
          address: optionalText(row, 'address'),
          address_memo: optionalText(row, 'address_memo'),
          tx_id: optionalText(row, 'tx_id'),
        },
      };
    },
  } as const satisfies BitmartStream;
}
