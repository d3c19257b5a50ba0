import type { ShownStream } from '../accounts.ts';

/**
 * What must be stored of a record, as texts, derived from the served row. It shares no code with src/, so that a mistake
 * there shows here.
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

export function expectedRecord(stream: ShownStream, served: ServedRow, contracts: ListedContracts): ExpectedRecord {
  const row = textsOf(served.servedText);
  const columns = { ...shapes[stream].columns(row, contracts), raw: served.servedText };
  return { part: served.part, identity: identityOf(stream, served.part, columns), columns };
}

/** What distinguishes a record from every other one of its stream. */
export function identityOf(stream: ShownStream, part: string, columns: Columns): string {
  return [part, ...shapes[stream].identity.map((name) => columns[name] ?? '')].join(' ');
}

/** Where the records of a stream are stored. */
export function storedShape(stream: ShownStream): StoredShape {
  const { table, times, hasPart, columns } = shapes[stream];
  return { table, times, hasPart, texts: Object.keys(columns({}, new Map())).filter((name) => !times.includes(name)) };
}

interface StoredShape {
  readonly table: string;
  readonly times: readonly string[];
  readonly hasPart: boolean;
  /** Every other column. */
  readonly texts: readonly string[];
}

interface Shape extends Omit<StoredShape, 'texts'> {
  readonly identity: readonly string[];
  readonly columns: (row: Row, contracts: ListedContracts) => Columns;
}

/** What the exchange lists about each contract: the rows of its trades do not contain it. */
export type ListedContracts = ReadonlyMap<string, ListedContract>;

export interface ListedContract {
  readonly contract_size: string;
  readonly base_currency: string;
  readonly quote_currency: string;
}

function contractColumns(listed: ListedContract | undefined): Columns {
  const isInverse = listed?.quote_currency === 'USD';
  return {
    contract_size: listed?.contract_size ?? null,
    contract_kind: listed === undefined ? null : isInverse ? 'inverse' : 'linear',
    base_asset: listed?.base_currency ?? null,
    quote_asset: listed?.quote_currency ?? null,
    settlement_asset: (isInverse ? listed?.base_currency : listed?.quote_currency) ?? null,
  };
}

type Row = Readonly<Record<string, string | undefined>>;

const shapes: Readonly<Record<ShownStream, Shape>> = {
  'spot-trades': {
    table: 'spot_trade',
    times: ['traded_at', 'updated_at'],
    hasPart: false,
    identity: ['symbol', 'trade_id', 'order_id'],
    columns: (row) => ({
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
  },
  'futures-trades': {
    table: 'futures_trade',
    times: ['traded_at'],
    hasPart: true,
    identity: ['symbol', 'trade_id', 'order_id'],
    columns: (row, contracts) => ({
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
      ...contractColumns(contracts.get(row.symbol ?? '')),
      fee_currency: null,
      fee: said(row.paid_fees),
      realised_profit: said(row.realised_profit),
      traded_at: said(row.create_time),
    }),
  },
  withdrawals: {
    table: 'withdrawal',
    times: ['requested_at'],
    hasPart: false,
    identity: ['withdraw_id'],
    columns: (row) => ({ withdraw_id: said(row.withdraw_id), ...movement(row) }),
  },
  deposits: {
    table: 'deposit',
    times: ['requested_at'],
    hasPart: false,
    identity: ['deposit_id'],
    columns: (row) => ({ deposit_id: said(row.deposit_id), ...movement(row) }),
  },
  'futures-flows': {
    table: 'futures_flow',
    times: ['occurred_at'],
    hasPart: true,
    // Their ids can't be trusted: they are identified by their whole content, and equal ones are counted.
    identity: ['occurred_at', 'symbol', 'flow_type', 'asset', 'amount', 'tran_id'],
    columns: (row) => ({
      flow_type: said(row.flow_type),
      type: said(row.type),
      symbol: row.symbol ?? '',
      asset: said(row.asset),
      amount: said(row.amount),
      occurred_at: said(row.time),
      tran_id: said(row.tran_id),
    }),
  },
  transfers: {
    table: 'transfer',
    times: ['transferred_at'],
    hasPart: false,
    identity: ['transfer_id'],
    columns: (row) => ({
      transfer_id: said(row.transfer_id),
      currency: said(row.currency),
      amount: said(row.amount),
      direction: said(row.type),
      status: said(row.state)?.toLowerCase() ?? null,
      transferred_at: said(row.timestamp),
    }),
  },
  'earn-records': {
    table: 'earn_record',
    times: ['occurred_at'],
    hasPart: true,
    identity: ['record_id'],
    columns: (row) => ({
      record_id: said(row.recordId),
      // Fixed savings alone are locked.
      product: row.lockDay === undefined ? 'flexible' : 'fixed',
      type: said(row.type),
      currency: said(row.coinName),
      amount: said(row.amount),
      status: said(row.status),
      product_id: said(row.productId),
      product_tag: said(row.productTag),
      lock_days: said(row.lockDay),
      subscribe_type: said(row.subscribeType),
      request_no: said(row.requestNo),
      occurred_at: said(row.time),
    }),
  },
  'sub-account-transfers': {
    table: 'sub_account_transfer',
    times: ['transferred_at'],
    hasPart: false,
    // They have no ids: equal ones are counted.
    identity: ['transferred_at', 'from_account', 'from_wallet', 'to_account', 'to_wallet', 'currency', 'amount'],
    columns: (row) => ({
      from_account: said(row.fromAccount),
      from_wallet: said(row.fromWalletType),
      to_account: said(row.toAccount),
      to_wallet: said(row.toWalletType),
      currency: said(row.currency),
      amount: said(row.amount),
      // Seconds.
      transferred_at: row.submissionTime === undefined ? null : `${row.submissionTime}000`,
    }),
  },
  'margin-loans': {
    table: 'margin_loan',
    times: ['occurred_at'],
    hasPart: true,
    identity: ['record_id'],
    columns: (row) => ({
      record_id: said(row.borrow_id ?? row.repay_id),
      kind: row.borrow_id === undefined ? 'repay' : 'borrow',
      symbol: said(row.symbol),
      currency: said(row.currency),
      amount: said(row.borrow_amount ?? row.repaid_amount),
      principal: said(row.repaid_principal),
      interest: said(row.interest_amount ?? row.repaid_interest),
      daily_interest: said(row.daily_interest),
      hourly_interest: said(row.hourly_interest),
      occurred_at: said(row.create_time ?? row.repay_time),
    }),
  },
};

/** Codes of the sandbox with a dash that does not separate a coin from its network. */
const oddCodes: Readonly<Record<string, readonly [string, string]>> = {
  'AVAX-C': ['AVAX', 'AVAX-C'],
  LIGHTNING_BTC: ['BTC', 'LIGHTNING'],
};

const statusWords = ['create', 'submitted', 'processing', 'success', 'cancel', 'fail'];

function movement(row: Row): Columns {
  const [asset, network] = oddCodes[row.currency ?? ''] ?? (row.currency ?? '').split('-');
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

/** An empty text means that the value is unknown. */
function said(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text;
}

/** Numbers as written: no digit may be lost before the comparison. */
function textsOf(servedText: string): Row {
  const asWritten = (_name: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' ? context?.source : value;
  return JSON.parse(servedText, asWritten as (name: string, value: unknown) => unknown) as Row;
}
