import { readFileSync } from 'node:fs';

/** An answer as BitMart would give it, in texts, so that any part of it can be replaced by any other text. */
export interface PlainAnswer {
  readonly envelope: readonly (readonly [name: string, text: string])[];
  /** Names of the objects around the list, outermost first; empty where the data is not a list of rows. */
  readonly listPath: readonly string[];
  readonly rows: readonly (readonly (readonly [name: string, text: string])[])[];
}

/** What a request asks: the path, and its bounds in milliseconds. */
export interface Asked {
  readonly path: string;
  readonly parameters: Readonly<Record<string, string | number>>;
}

type Row = Readonly<Record<string, unknown>>;

/** Rows that were captured from the exchange, or stand in its documentation. */
const captured = {
  spotTrade: firstRow('ccxt-comments/spot_v4_query_trades.json', 'data'),
  futuresTrade: firstRow('ccxt-comments/contract_private_trades.json', 'data'),
  flow: firstRow('ccxt-comments/contract_private_transaction-history.json', 'data'),
  deposit: firstRow('ccxt-comments/account_v2_deposit-withdraw_history.deposit.json', 'data', 'records'),
  transfer: firstRow('ccxt-comments/account_v1_transfer-contract-list.json', 'data', 'records'),
  marginPair: firstRow('ccxt-comments/spot_v1_margin_isolated_account.json', 'data', 'symbols'),
  balance: { currency: 'USDT', available: '12.5', frozen: '0', available_balance: '12.5', equity: '13' },
};

/** Stands behind a body that proves nothing, whatever it says: an error's, or one from a cache. */
export const provesNothing = ' \t\n\n\t ';

let ids = 0;

/** An answer that every check must take for a good one. `random` is 0 to 1. */
export function goodAnswer({ path, parameters }: Asked, rows: number, random: () => number): PlainAnswer {
  const from = Number(parameters.startTime ?? parameters.start_time ?? parameters.time_start ?? 0);
  const to = Number(parameters.endTime ?? parameters.end_time ?? parameters.time_end ?? from);
  const unitMs = path === '/contract/private/trades' ? 1_000 : 1;
  const at = () => Math.floor(from * unitMs + random() * Math.max(0, to - from) * unitMs);
  const rowsOf = (make: (id: string, atMs: number) => Row) =>
    Array.from({ length: rows }, () => Object.entries(make(String(1e17 + ids++), at())).map(inText));
  const part = String(parameters.account ?? 'futures');
  switch (path) {
    case '/spot/v4/query/trades':
      return answer(
        ['data'],
        rowsOf((id, ms) => ({ ...captured.spotTrade, tradeId: id, orderId: id, createTime: ms, updateTime: ms })),
      );
    case '/contract/private/trades':
      return answer(
        ['data'],
        rowsOf((id, ms) => ({ ...captured.futuresTrade, account: part, trade_id: id, order_id: id, create_time: ms })),
      );
    case '/contract/private/transaction-history':
      return answer(
        ['data'],
        rowsOf((id, ms) => ({ ...captured.flow, account: part, tran_id: id, time: String(ms) })),
      );
    case '/account/v2/deposit-withdraw/history': {
      const operation = String(parameters.operation_type ?? 'deposit');
      const idName = operation === 'withdraw' ? 'withdraw_id' : 'deposit_id';
      return answer(
        ['data', 'records'],
        rowsOf((id, ms) => ({ ...captured.deposit, operation_type: operation, [idName]: id, apply_time: ms })),
      );
    }
    case '/account/v1/transfer-contract-list':
      return answer(
        ['data', 'records'],
        rowsOf((id, ms) => ({ ...captured.transfer, transfer_id: id, timestamp: ms })),
      );
    case '/account/v1/wallet':
      return answer(
        ['data', 'wallet'],
        rowsOf(() => captured.balance),
      );
    case '/spot/v1/margin/isolated/account':
      return answer(
        ['data', 'symbols'],
        rowsOf((id) => ({ ...captured.marginPair, symbol: `S${id}_USDT` })),
      );
    case '/contract/private/assets-detail':
      return answer(
        ['data'],
        rowsOf(() => captured.balance),
      );
    case '/contract/public/details':
      return answer(
        ['data', 'symbols'],
        rowsOf((id) => ({ symbol: `S${id}`, contract_size: '0.001' })),
      );
    case '/uapi-key/v1/account/info':
      return {
        listPath: [],
        rows: [],
        envelope: [
          ['code', '1000'],
          ['msg', '"OK"'],
          ['success', 'true'],
          [
            'data',
            '{"cid":9007199254740993,"account_type":"main","api_keys":[{"is_current":true,"permissions":["Read-Only"],"api_key_expire_time":0}]}',
          ],
        ],
      };
    default:
      return { ...answer([], []), envelope: [...head, ['data', `{"server_time":${Date.now()}}`]] };
  }
}

const head = [
  ['code', '1000'],
  ['message', '"OK"'],
  ['trace', '"886fb6ae-456b-4654-b4e0-d681ac05cea1"'],
] as const;

function answer(listPath: readonly string[], rows: PlainAnswer['rows']): PlainAnswer {
  return { envelope: head, listPath, rows };
}

export function textOf({ envelope, listPath, rows }: PlainAnswer): string {
  const members = envelope.map(member);
  if (listPath.length > 0) {
    const list = `[${rows.map((row) => `{${row.map(member).join(',')}}`).join(',')}]`;
    const [outermost, ...inner] = listPath;
    const data = inner.reduceRight((text, name) => `{${JSON.stringify(name)}:${text}}`, list);
    members.push(`${JSON.stringify(outermost)}:${data}`);
  }
  return `{${members.join(',')}}`;
}

function member([name, text]: readonly [string, string]): string {
  return `${JSON.stringify(name)}:${text}`;
}

function inText([name, value]: readonly [string, unknown]): readonly [string, string] {
  return [name, JSON.stringify(value)];
}

function firstRow(file: string, ...path: readonly string[]): Row {
  const body: unknown = JSON.parse(readFileSync(new URL(`../../fixtures/${file}`, import.meta.url), 'utf8'));
  const list = path.reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], body);
  return (list as readonly Row[])[0] as Row;
}
