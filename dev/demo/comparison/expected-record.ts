import type { ShownStream } from '../cast.ts';

/**
 * What must be stored of a record, as texts, read from the row as it was served. It repeats nothing of src/: a mistake there
 * must show here.
 */
export interface ExpectedRecord {
  readonly part: string;
  readonly identity: string;
  readonly columns: Columns;
}

/** A column's value as text; a time as milliseconds since 1970. */
export type Columns = Readonly<Record<string, string | null>>;

export interface ServedRow {
  readonly stream: string;
  readonly part: string;
  readonly servedText: string;
}

export function expectedRecord(
  stream: ShownStream,
  served: ServedRow,
  contractSizes: ReadonlyMap<string, string>,
): ExpectedRecord {
  const row = textsOf(served.servedText);
  const columns = { ...columnsOf[stream](row, contractSizes), raw: served.servedText };
  return { part: served.part, identity: identityOf(stream, served.part, columns), columns };
}

/** What tells one record from every other of its stream. */
export function identityOf(stream: ShownStream, part: string, columns: Columns): string {
  return [part, ...identityColumns[stream].map((name) => columns[name] ?? '')].join(' ');
}

const identityColumns: Readonly<Record<ShownStream, readonly string[]>> = {
  'spot-trades': ['symbol', 'trade_id', 'order_id'],
  'futures-trades': ['symbol', 'trade_id', 'order_id'],
  withdrawals: ['withdraw_id'],
  deposits: ['deposit_id'],
  // No id of theirs can be trusted: they are told by all that they say, and equal ones are as many as happened.
  'futures-flows': ['occurred_at', 'symbol', 'flow_type', 'asset', 'amount', 'tran_id'],
};

type Row = Readonly<Record<string, string | undefined>>;

const columnsOf: Readonly<Record<ShownStream, (row: Row, contractSizes: ReadonlyMap<string, string>) => Columns>> = {
  'spot-trades': (row) => ({
    symbol: said(row.symbol),
    trade_id: said(row.tradeId),
    order_id: said(row.orderId),
    client_order_id: said(row.clientOrderId),
    order_mode: said(row.orderMode),
    order_type: said(row.type),
    side: said(row.side),
    role: said(row.tradeRole),
    price: said(row.price),
    size: said(row.size),
    notional: said(row.notional),
    fee: said(row.fee),
    fee_currency: said(row.feeCoinName),
    traded_at: said(row.createTime),
    updated_at: said(row.updateTime),
  }),
  'futures-trades': (row, contractSizes) => ({
    symbol: said(row.symbol),
    trade_id: said(row.trade_id),
    order_id: said(row.order_id),
    client_order_id: said(row.client_order_id),
    side_code: said(row.side),
    // Opening long and closing short buys; closing long and opening short sells.
    side: row.side === '1' || row.side === '2' ? 'buy' : 'sell',
    role: row.exec_type === 'Taker' ? 'taker' : 'maker',
    price: said(row.price),
    contracts: said(row.vol),
    contract_size: contractSizes.get(row.symbol ?? '') ?? null,
    fee: said(row.paid_fees),
    realised_profit: said(row.realised_profit),
    traded_at: said(row.create_time),
  }),
  withdrawals: (row) => ({ withdraw_id: said(row.withdraw_id), ...movement(row) }),
  deposits: (row) => ({ deposit_id: said(row.deposit_id), ...movement(row) }),
  'futures-flows': (row) => ({
    flow_type: said(row.flow_type),
    type: said(row.type),
    symbol: row.symbol ?? '',
    asset: said(row.asset),
    amount: said(row.amount),
    occurred_at: said(row.time),
    tran_id: said(row.tran_id),
  }),
};

const statusWords = ['create', 'submitted', 'processing', 'success', 'cancel', 'fail'];

function movement(row: Row): Columns {
  const [asset, network] = (row.currency ?? '').split('-');
  return {
    currency: said(row.currency),
    asset: said(asset),
    network: said(network),
    amount: said(row.arrival_amount),
    fee: said(row.fee),
    status: statusWords[Number(row.status)] ?? null,
    address: said(row.address),
    address_memo: said(row.address_memo),
    tx_id: said(row.tx_id),
    requested_at: said(row.apply_time),
  };
}

/** An empty text says nothing. */
function said(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text;
}

/** Numbers as they are written: no digit of them may be lost on the way to the comparison. */
function textsOf(servedText: string): Row {
  const asWritten = (_name: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' ? context?.source : value;
  return JSON.parse(servedText, asWritten as (name: string, value: unknown) => unknown) as Row;
}
