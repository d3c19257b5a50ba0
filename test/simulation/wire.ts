import type { PlannedRecord, StreamName } from './plan.ts';
import { isList } from './streams.ts';

/**
 * What a true record looks like on the wire, and what of it must stand in the tables. Written down a second time here on
 * purpose: the adapter's own mapping is one of the things that are proved.
 */
export function servedText(record: PlannedRecord, atMs: number, spoilt: Readonly<Record<string, string>> = {}): string {
  const fields = { ...fieldsOf(record, atMs), ...flawOf(record), ...spoilt };
  const blank = record.spacing === 'some' ? ' ' : '';
  const members = Object.entries(fields).map(
    ([name, value]) => `${JSON.stringify(name)}:${blank}${JSON.stringify(value)}`,
  );
  return `{${blank}${members.join(`,${blank}`)}}`;
}

/** The state that a record is in at that time. */
export function statusAt(record: PlannedRecord, atMs: number): string {
  return (record.states.findLast((state) => state.fromMs <= atMs) ?? record.states[0])?.status ?? '1';
}

export function isFinal(record: PlannedRecord, atMs: number): boolean {
  return isTrade(record) || ['3', '4', '5'].includes(statusAt(record, atMs));
}

/** All but movements and transfers of every kind: within the reach of trades, and final from the beginning. */
export function isTrade({ stream }: Pick<PlannedRecord, 'stream'>): boolean {
  return stream !== 'withdrawals' && stream !== 'deposits' && stream !== 'transfers' && !isList(stream);
}

/** Transfers between a user's own accounts are of no contract. */
export function flowSymbol(record: PlannedRecord): string {
  return record.states[0]?.status === '1' ? '' : record.symbol;
}

function fieldsOf(record: PlannedRecord, atMs: number): Record<string, unknown> {
  const { symbol, tradeId, orderId, price, size, fee, at, part, buys } = record;
  const status = statusAt(record, atMs);
  switch (record.stream) {
    case 'spot-trades':
      return {
        tradeId,
        orderId,
        clientOrderId: record.number % 3 === 0 ? '' : orderId,
        symbol,
        side: buys ? 'buy' : 'sell',
        orderMode: record.mode,
        type: 'limit',
        price,
        size,
        notional: '1.0',
        fee,
        feeCoinName: 'USDT',
        tradeRole: record.number % 2 === 0 ? 'taker' : 'maker',
        createTime: at,
        updateTime: at + Number(status),
        stpMode: 'none',
      };
    case 'futures-trades':
      return {
        order_id: orderId,
        trade_id: tradeId,
        symbol,
        side: buys ? 1 : 4,
        price,
        vol: size,
        exec_type: record.number % 2 === 0 ? 'Taker' : 'Maker',
        profit: status === '1',
        realised_profit: '-0.050',
        paid_fees: fee,
        account: part,
        create_time: at,
      };
    case 'futures-flows':
      return {
        symbol: flowSymbol(record),
        type: flowTypes[status],
        amount: size,
        asset: 'USDT',
        account: part,
        tran_id: tradeId,
        time: String(at),
        flow_type: Number(status),
      };
    case 'earn-records': {
      const [product, type] = part.split('-');
      return {
        type,
        recordId: tradeId,
        productId: '7',
        ...(product === 'fixed' && { lockDay: 30 }),
        coinName: symbol,
        amount: size,
        productTag: '',
        time: at,
        subscribeType: 'MANUAL',
        requestNo: orderId,
        status: `S${status}`,
      };
    }
    case 'margin-loans':
      // What is repaid has the amount 0.
      return part.startsWith('repay-')
        ? {
            repay_id: tradeId,
            repay_time: at,
            symbol,
            currency: 'USDT',
            repaid_amount: status === '2' ? '0' : size,
            repaid_principal: price,
            repaid_interest: fee,
          }
        : {
            borrow_id: tradeId,
            symbol,
            currency: 'USDT',
            borrow_amount: status === '2' ? '0' : size,
            daily_interest: '0.00055000',
            hourly_interest: '0.00002291',
            interest_amount: fee,
            create_time: at,
          };
    case 'sub-account-transfers':
      return {
        fromAccount: buys ? 'main' : 'sub-one',
        fromWalletType: 'spot',
        toAccount: buys ? 'sub-one' : 'main',
        toWalletType: 'future',
        currency: symbol,
        amount: size,
        submissionTime: Math.floor(at / 1_000),
      };
    case 'transfers':
      return {
        transfer_id: tradeId,
        currency: symbol,
        amount: size,
        type: buys ? 'spot_to_contract' : 'contract_to_spot',
        state: transferState(status).toUpperCase(),
        timestamp: at,
      };
    default:
      return {
        withdraw_id: record.stream === 'withdrawals' ? tradeId : '',
        deposit_id: record.stream === 'deposits' ? tradeId : '',
        operation_type: record.stream === 'withdrawals' ? 'withdraw' : 'deposit',
        currency: symbol,
        apply_time: at,
        arrival_amount: size,
        fee,
        status: Number(status),
        address: `0x${orderId}`,
        address_memo: '',
        tx_id: status === '3' ? `tx${tradeId}` : '',
      };
  }
}

/** Names of the fields that malformations concern. */
export function namesIn({ stream, part }: Pick<PlannedRecord, 'stream' | 'part'>): WireNames {
  if (stream !== 'margin-loans') return wireNames[stream];
  // Neither has a word that we would have to know.
  return part.startsWith('repay-')
    ? { id: 'repay_id', time: 'repay_time', amount: 'repaid_amount', word: 'symbol' }
    : { id: 'borrow_id', time: 'create_time', amount: 'borrow_amount', word: 'symbol' };
}

interface WireNames {
  readonly id: string;
  readonly time: string;
  readonly amount: string;
  readonly word: string;
}

const wireNames = {
  'spot-trades': { id: 'tradeId', time: 'createTime', amount: 'size', word: 'side' },
  'futures-trades': { id: 'trade_id', time: 'create_time', amount: 'vol', word: 'exec_type' },
  'futures-flows': { id: 'tran_id', time: 'time', amount: 'amount', word: 'flow_type' },
  withdrawals: { id: 'withdraw_id', time: 'apply_time', amount: 'arrival_amount', word: 'status' },
  deposits: { id: 'deposit_id', time: 'apply_time', amount: 'arrival_amount', word: 'status' },
  transfers: { id: 'transfer_id', time: 'timestamp', amount: 'amount', word: 'state' },
  'earn-records': { id: 'recordId', time: 'time', amount: 'amount', word: 'type' },
  'sub-account-transfers': { id: 'fromAccount', time: 'submissionTime', amount: 'amount', word: 'fromWalletType' },
} as const satisfies Partial<Record<StreamName, WireNames>>;

/** What a field holds that was unknown when our mapping was written. */
export const newWord = 'twilight';

function flawOf(record: PlannedRecord): Record<string, string> {
  const names = namesIn(record);
  switch (record.flaw) {
    case null:
      return {};
    case 'empty-id':
      return { [names.id]: '' };
    case 'unreadable-time':
      return { [names.time]: 'yesterday' };
    case 'unreadable-amount':
      return { [names.amount]: '1,5e' };
    case 'new-word':
      return { [names.word]: newWord };
  }
}

/** Columns by name as they must be stored, all as text; `contract_size` is not among them, since it is not served. */
export function expectedColumns(record: PlannedRecord, atMs: number): Readonly<Record<string, string | null>> {
  const { symbol, tradeId, orderId, price, size, fee, at, buys } = record;
  const status = statusAt(record, atMs);
  const role = record.number % 2 === 0 ? 'taker' : 'maker';
  const fixed = record.flaw === 'new-word';
  switch (record.stream) {
    case 'spot-trades':
      return {
        symbol,
        trade_id: tradeId,
        order_id: orderId,
        client_order_id: record.number % 3 === 0 ? null : orderId,
        order_mode: record.mode,
        order_type: 'limit',
        side: fixed ? readAs.side : buys ? 'buy' : 'sell',
        role,
        price,
        size,
        notional: '1.0',
        fee: fee === '' ? null : fee,
        fee_currency: 'USDT',
        traded_at: iso(at),
        updated_at: iso(at + Number(status)),
      };
    case 'futures-trades':
      return {
        symbol,
        trade_id: tradeId,
        order_id: orderId,
        client_order_id: null,
        side_code: buys ? '1' : '4',
        side: buys ? 'buy' : 'sell',
        role: fixed ? readAs.exec_type : role,
        price,
        contracts: size,
        fee: fee === '' ? null : fee,
        realised_profit: '-0.050',
        traded_at: iso(at),
      };
    case 'futures-flows':
      return {
        flow_type: fixed ? readAs.flow_type : status,
        type: flowTypes[status] as string,
        symbol: flowSymbol(record),
        asset: 'USDT',
        amount: size,
        occurred_at: iso(at),
        tran_id: tradeId,
      };
    case 'earn-records': {
      const [product, type] = record.part.split('-');
      return {
        record_id: tradeId,
        product: product ?? null,
        type: type ?? null,
        currency: symbol,
        amount: size,
        status: `S${status}`,
        product_id: '7',
        product_tag: null,
        lock_days: product === 'fixed' ? '30' : null,
        subscribe_type: 'MANUAL',
        request_no: orderId,
        occurred_at: iso(at),
      };
    }
    case 'margin-loans': {
      const isRepayment = record.part.startsWith('repay-');
      return {
        record_id: tradeId,
        kind: isRepayment ? 'repay' : 'borrow',
        symbol,
        currency: 'USDT',
        amount: status === '2' ? '0' : size,
        principal: isRepayment ? price : null,
        interest: fee === '' ? null : fee,
        daily_interest: isRepayment ? null : '0.00055000',
        hourly_interest: isRepayment ? null : '0.00002291',
        occurred_at: iso(at),
      };
    }
    case 'sub-account-transfers':
      return {
        from_account: buys ? 'main' : 'sub-one',
        from_wallet: 'spot',
        to_account: buys ? 'sub-one' : 'main',
        to_wallet: 'future',
        currency: symbol,
        amount: size,
        transferred_at: iso(at),
        occurrence: '1',
      };
    case 'transfers':
      return {
        transfer_id: tradeId,
        currency: symbol,
        amount: size,
        direction: buys ? 'spot_to_contract' : 'contract_to_spot',
        status: fixed ? 'finished' : transferState(status),
        transferred_at: iso(at),
      };
    default: {
      const dash = symbol.lastIndexOf('-');
      return {
        [record.stream === 'withdrawals' ? 'withdraw_id' : 'deposit_id']: tradeId,
        currency: symbol,
        asset: dash < 0 ? symbol : symbol.slice(0, dash),
        network: dash < 0 ? null : symbol.slice(dash + 1),
        amount: size,
        fee: fee === '' ? null : fee,
        status: fixed ? 'success' : (words[status] as string),
        address: `0x${orderId}`,
        address_memo: null,
        tx_id: status === '3' ? `tx${tradeId}` : null,
        requested_at: iso(at),
      };
    }
  }
}

/** As what the fixed mapping takes the new word. */
export const readAs = {
  side: 'sell',
  exec_type: 'maker',
  status: '3',
  flow_type: '3',
  state: 'FINISHED',
  fromWalletType: 'spot',
} as const;

const words: Readonly<Record<string, string>> = {
  0: 'create',
  1: 'submitted',
  2: 'processing',
  3: 'success',
  4: 'cancel',
  5: 'fail',
};

/** Transfers go through fewer states than movements. */
function transferState(status: string): string {
  if (status === '3') return 'finished';
  return status === '4' || status === '5' ? 'failed' : 'processing';
}

const flowTypes: Readonly<Record<string, string>> = {
  1: 'Transfer',
  2: 'Realized PNL',
  3: 'Funding Fee',
  4: 'Commission Fee',
  5: 'Liquidation Clearance',
};

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
