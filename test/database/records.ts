import { createHash } from 'node:crypto';
import type { PartState } from '../../src/history/part-state.ts';
import type { DecidePage, PageDecision, PartReference } from '../../src/history/ports.ts';
import type { Range } from '../../src/history/range-set.ts';
import { rangeSet, union } from '../../src/history/range-set.ts';
import { recordKeyOf } from '../../src/history/record-key.ts';
import { sortRows } from '../../src/history/sort-rows.ts';
import type {
  Column,
  MappedRow,
  Page,
  RecordTable,
  ServedRow,
  Stream,
  UnreadableRow,
} from '../../src/history/stream.ts';

const column = (name: string, type: Column['type'] = 'text', more: Partial<Column> = {}): Column => ({
  name,
  type,
  ...more,
});

const spotTable: RecordTable = {
  name: 'spot_trade',
  columns: [
    column('symbol'),
    column('trade_id'),
    column('order_id'),
    column('order_mode', 'text', { nullable: true }),
    column('side'),
    column('price', 'numeric'),
    column('size', 'numeric'),
    column('fee', 'numeric', { nullable: true }),
    column('traded_at', 'timestamptz'),
  ],
  hasPart: false,
  identity: ['symbol', 'trade_id', 'order_id'],
  fixed: ['traded_at', 'side', 'price', 'size'],
  timeColumn: 'traded_at',
  final: null,
};

const futuresTable: RecordTable = {
  name: 'futures_trade',
  columns: [
    column('symbol'),
    column('trade_id'),
    column('order_id'),
    column('side_code', 'integer'),
    column('side'),
    column('price', 'numeric'),
    column('contracts', 'numeric'),
    column('contract_size', 'numeric', { nullable: true, snapshot: true }),
    column('fee', 'numeric', { nullable: true }),
    column('traded_at', 'timestamptz'),
  ],
  hasPart: true,
  identity: ['symbol', 'trade_id', 'order_id'],
  fixed: ['traded_at', 'side', 'price', 'contracts'],
  timeColumn: 'traded_at',
  final: null,
};

const withdrawalTable: RecordTable = {
  name: 'withdrawal',
  columns: [
    column('withdraw_id'),
    column('currency'),
    column('amount', 'numeric'),
    column('status'),
    column('tx_id', 'text', { nullable: true }),
    column('requested_at', 'timestamptz'),
  ],
  hasPart: false,
  identity: ['withdraw_id'],
  fixed: ['requested_at', 'amount'],
  timeColumn: 'requested_at',
  final: { column: 'status', values: ['success', 'cancelled', 'failed'] },
};

function streamOf(name: string, table: RecordTable, parts: readonly string[]): Stream {
  return {
    name,
    parts,
    unitMs: 1,
    cap: 200,
    widestWindowMs: 90 * 86_400_000,
    reachMs: 89 * 86_400_000,
    originMs: Date.UTC(2017, 0, 1),
    reachIsDocumented: true,
    defaultWindowMs: null,
    splits: [],
    endpoint: name,
    suspiciousTotal: null,
    mappingVersion: 1,
    table,
  };
}

export const spotTrades = streamOf('spot-trades', spotTable, ['all']);
export const futuresTrades = streamOf('futures-trades', futuresTable, ['futures', 'copy_trading']);
export const withdrawals = streamOf('withdrawals', withdrawalTable, ['all']);

export function partOf(accountId: string, stream: Stream, part = stream.parts[0] as string): PartReference {
  return { accountId, stream, part };
}

/** 2026-08-01 10:00 UTC, from where tests count their milliseconds. */
export const startMs = Date.UTC(2026, 7, 1, 10);

type Values = Readonly<Record<string, string | number | null>>;

/** A row as the adapter would map it. What `values` leaves out is null. */
export function row(stream: Stream, atMs: number, values: Values, part = stream.parts[0] as string): MappedRow {
  const { table } = stream;
  const all: Values = { ...values, [table.timeColumn]: new Date(atMs).toISOString() };
  const ordered = table.columns.map(({ name }) => all[name] ?? null);
  const hash = (names: readonly string[]) =>
    createHash('sha256')
      .update(JSON.stringify(names.map((name) => all[name] ?? null)))
      .digest('hex');
  const hashed = table.columns.filter(({ snapshot }) => !snapshot).map(({ name }) => name);
  return {
    kind: 'row',
    key: recordKeyOf(table, ordered),
    at: atMs,
    part,
    digest: hash(hashed),
    fixedDigest: hash(table.fixed),
    final: table.final === null || table.final.values.includes(String(all[table.final.column])),
    values: ordered,
    raw: JSON.stringify({ ...values, spacing: 'kept' }, null, 1),
  };
}

export function trade(number: number, values: Values = {}): MappedRow {
  return row(spotTrades, startMs + number * 1000, {
    symbol: 'BTC_USDT',
    trade_id: `${100_000_000_000_000_000n + BigInt(number)}`,
    order_id: `o${number}`,
    order_mode: 'spot',
    side: 'buy',
    price: '26910.40000000000000000001',
    size: '0.10',
    ...values,
  });
}

export function unreadable(raw: string, reason = 'has no id', at: number | null = startMs): UnreadableRow {
  return { kind: 'unreadable', reason, at, raw };
}

export const hour: Range = { from: startMs, to: startMs + 3_600_000 };

export function pageOf(rows: readonly ServedRow[], more: Partial<Page> = {}): Page {
  return {
    question: { part: 'all', core: hour },
    askedFromMs: hour.from - 1,
    askedToMs: hour.to,
    clockMs: hour.to + 60_000,
    ageSeconds: 0,
    rows,
    bytes: Buffer.from(JSON.stringify(rows.map((each) => each.raw))),
    trace: 'trace-1',
    ...more,
  };
}

/** Judges the rows as the engine does, and claims the page's core. */
export function claiming(page: Page, change: (state: PartState) => PartState = (state) => state): DecidePage {
  return (state, held): PageDecision => {
    const { insert, change: changed, unchanged, quarantine } = sortRows(page, held);
    const claim = rangeSet([page.question.core]);
    const next = change({ ...state, covered: union(state.covered, claim), rowCount: state.rowCount + insert.length });
    return { verdict: { kind: 'proves' }, insert, change: changed, unchanged, quarantine, claim, state: next };
  };
}
