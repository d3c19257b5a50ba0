import { isFull } from '../../../src/history/judge-page.ts';
import type { PageDecision, PartReference } from '../../../src/history/ports.ts';
import type { MappedRow, Page, Stream } from '../../../src/history/stream.ts';
import { provesNothing } from './answers.ts';

/**
 * What a page may be taken for, found out once more from its bytes alone: by another reader of JSON, another list of columns
 * and none of the code that is tested. Answers with what is wrong; nothing is right.
 */
export function findingsIn({ stream }: PartReference, page: Page, decision: PageDecision): readonly string[] {
  const text = new TextDecoder().decode(page.bytes);
  const list = listIn(text, stream);
  if (list === null) return ['a page was made of what is not a list'];
  if (list.length !== page.rows.length) return [`${page.rows.length} rows were made of ${list.length}`];
  const findings = page.rows.flatMap((row, place) => (row.kind === 'row' ? wrongIn(row, list[place], stream) : []));
  const stored = [...decision.insert, ...decision.change];
  if (stored.some((row) => !page.rows.includes(row))) findings.push('a row was stored that was not served');
  if (decision.claim.length > 0) findings.push(...unprovedIn(text, list, stream, page, decision));
  return findings;
}

function listIn(text: string, stream: Stream): readonly unknown[] | null {
  const body = JSON.parse(text) as { code: unknown; message?: unknown; msg?: unknown; data?: unknown };
  if (Number(body.code) !== 1_000) return null;
  if (!/^(ok|success)$/i.test(String(body.message ?? body.msg).trim())) return null;
  if (stream.name === 'earn-records') {
    const list = (body.data as { list?: unknown } | null)?.list;
    return Array.isArray(list) ? list : null;
  }
  const hasRecords = ['deposits', 'withdrawals', 'transfers'].includes(stream.name);
  const list = hasRecords ? (body.data as { records?: unknown } | null)?.records : body.data;
  return Array.isArray(list) ? list : null;
}

/** The field of the answer behind each column; a list: the first that is there. */
const fields: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'spot-trades': {
    ...{ symbol: 'symbol', trade_id: 'tradeId', order_id: 'orderId', client_order_id: 'clientOrderId' },
    ...{ order_mode: 'orderMode', order_type: 'type', side: 'side', role: 'tradeRole', price: 'price', size: 'size' },
    ...{
      notional: 'notional',
      fee: 'fee',
      fee_currency: 'feeCoinName',
      traded_at: 'createTime',
      updated_at: 'updateTime',
    },
  },
  'futures-trades': {
    ...{ symbol: 'symbol', trade_id: 'trade_id', order_id: 'order_id', client_order_id: 'client_order_id' },
    ...{ side_code: 'side', role: 'exec_type', price: 'price', contracts: 'vol', fee: 'paid_fees' },
    ...{ realised_profit: 'realised_profit', traded_at: 'create_time' },
  },
  'futures-flows': {
    symbol: 'symbol',
    asset: 'asset',
    amount: 'amount',
    occurred_at: 'time',
    tran_id: 'tran_id',
    type: 'type',
  },
  transfers: { transfer_id: 'transfer_id', currency: 'currency', amount: 'amount', transferred_at: 'timestamp' },
  'earn-records': { record_id: 'recordId', currency: 'coinName', amount: 'amount', occurred_at: 'time' },
  deposits: movementFields('deposit_id'),
  withdrawals: movementFields('withdraw_id'),
};

function movementFields(id: string): Readonly<Record<string, string>> {
  return {
    ...{ [id]: id, currency: 'currency', amount: 'arrival_amount', fee: 'fee', address: 'address' },
    ...{ address_memo: 'address_memo', tx_id: 'tx_id', requested_at: 'apply_time' },
  };
}

function wrongIn(row: MappedRow, served: unknown, { name, table }: Stream): readonly string[] {
  const own = JSON.parse(row.raw, (_name, value, context?: { source?: string }) =>
    typeof value === 'number' ? (context?.source ?? String(value)) : value,
  ) as Record<string, unknown>;
  if (JSON.stringify(JSON.parse(row.raw)) !== JSON.stringify(served)) return ['a row is not the text that was served'];
  return table.columns.flatMap(({ name: column, type }, place) => {
    const value = row.values[place] ?? null;
    const field = fields[name]?.[column];
    const given = field === undefined ? undefined : own[field];
    const wrong = [`${name}.${column} is ${JSON.stringify(value)} where ${JSON.stringify(given)} was served`];
    if (value === null)
      return field === undefined || given === undefined || given === null || given === '' || given === '0' ? [] : wrong;
    if (typeof value !== 'string' && typeof value !== 'number') return wrong;
    if (
      typeof value === 'string' &&
      (!value.isWellFormed() || /[\p{Cc}\ufffd]/u.test(value.replace(/[\u007f-\u009f]/g, '')))
    )
      return wrong;
    if (type === 'numeric' && !/^-?\d+(\.\d+)?$/.test(String(value))) return wrong;
    if (type === 'integer' && !Number.isSafeInteger(Number(value))) return wrong;
    if (field === undefined) return [];
    if (type === 'timestamptz') return Date.parse(String(value)) === Number(given) ? [] : wrong;
    if (value === '' && column === 'symbol' && (given === undefined || given === null)) return [];
    const isWord = column === 'side' || column === 'role' || column === 'order_mode';
    return (isWord ? String(given).toLowerCase() : String(given)) === String(value) ? [] : wrong;
  });
}

const timeFields = ['createTime', 'create_time', 'apply_time', 'time', 'timestamp'];

/** Why a claim should not have been made. */
function unprovedIn(
  text: string,
  list: readonly unknown[],
  stream: Stream,
  page: Page,
  { claim, verdict }: PageDecision,
): readonly string[] {
  const wrong: string[] = [];
  const { core } = page.question;
  if (text.endsWith(provesNothing)) wrong.push('an error or a cached answer proves something');
  if (isFull({ rows: list }, stream)) wrong.push(`${list.length} rows prove something`);
  if (verdict.kind !== 'proves' && verdict.kind !== 'unconfirmed') wrong.push(`a page that ${verdict.kind} claims`);
  if (claim.some(({ from, to }) => from < core.from || to > core.to)) wrong.push('more is claimed than was asked');
  if (claim.some(({ to }) => to > page.clockMs)) wrong.push('the future is claimed');
  for (const [place, element] of list.entries()) {
    const row = page.rows[place];
    const atMs = timeIn(element);
    if (row?.kind === 'unreadable' && row.at === null)
      wrong.push('a claim stands beside a row whose time can not be read');
    if (
      atMs !== null &&
      row?.at !== null &&
      (atMs < page.askedFromMs - stream.unitMs || atMs > page.askedToMs + stream.unitMs)
    ) {
      wrong.push('a claim stands beside a row from outside the window');
    }
    if (
      row?.kind === 'unreadable' &&
      row.at !== null &&
      claim.some(({ from, to }) => from <= (row.at as number) && (row.at as number) < to)
    ) {
      wrong.push('a quarantined row lies within a claim');
    }
    if (row?.kind === 'row' && row.part !== page.question.part)
      wrong.push('a claim stands beside a row of another part');
  }
  return wrong;
}

function timeIn(element: unknown): number | null {
  if (typeof element !== 'object' || element === null) return null;
  for (const name of timeFields) {
    const value = (element as Record<string, unknown>)[name];
    if (/^\d{13}$/.test(String(typeof value === 'object' ? '' : value))) return Number(value);
  }
  return null;
}
