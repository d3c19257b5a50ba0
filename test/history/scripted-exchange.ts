import { ExchangeFailure, type FailureKind } from '../../src/history/failure.ts';
import type { Exchange, Reader } from '../../src/history/ports.ts';
import type { Page, Question, ServedRow, Stream } from '../../src/history/stream.ts';
import { nowMs } from './pages.ts';

export interface ScriptedRow {
  readonly at: number;
  readonly symbol?: string;
  readonly isOnMargin?: boolean;
  /** It may still change. */
  readonly isOpen?: boolean;
  /** Not even its time can be read. */
  readonly isUnreadable?: boolean;
}

/** Serves rows newest first, and does to single answers what a test says. */
export class ScriptedExchange implements Exchange {
  readonly name = 'scripted';
  readonly streams: readonly Stream[];
  readonly stream: Stream;
  rows: readonly ScriptedRow[];
  atMs = nowMs;
  reachMs = Number.POSITIVE_INFINITY;
  /** What a window gets that begins before the reach; null: an answer without what is older. */
  edge: FailureKind | null = null;
  /** Windows that hold one of these instants fail so. */
  failing: { readonly kind: FailureKind; readonly instantsMs: readonly number[] } | null = null;
  /** Bounds are ignored: the last days are served, whatever was asked. Null: as asked. */
  servedInsteadMs: number | null = null;
  /** Symbols that a divided request can no longer ask for. */
  delisted: readonly string[] = [];
  /** Every window that was asked, in order. */
  readonly asked: Question[] = [];
  /** Called with each question before it is answered. */
  onAsk: (question: Question) => void = () => {};

  constructor(stream: Stream, rows: readonly ScriptedRow[]) {
    this.stream = stream;
    this.streams = [stream];
    this.rows = rows;
  }

  clockMs = () => this.atMs;
  measureClock = async () => {};

  open(): Reader {
    return {
      ask: async (stream, question) => this.#answer(stream, question),
      check: async () => {
        throw new Error('no key is checked here');
      },
    };
  }

  /** How many requests asked for an instant. */
  timesAsked(instantMs: number): number {
    return this.asked.filter(({ core }) => core.from <= instantMs && instantMs < core.to).length;
  }

  #answer(stream: Stream, question: Question): Page {
    this.asked.push(question);
    this.onAsk(question);
    const askedFromMs = question.core.from - stream.unitMs;
    const askedToMs = question.core.to;
    const oldestMs = this.atMs - this.reachMs;
    if (this.edge !== null && askedFromMs < oldestMs) throw failureOf(this.edge, stream);
    const { failing } = this;
    if (failing?.instantsMs.some((at) => askedFromMs <= at && at <= askedToMs)) throw failureOf(failing.kind, stream);
    const { split } = question;
    if (split?.column === 'symbol' && this.delisted.includes(split.value)) throw failureOf('unknown-symbol', stream);
    const isIgnored = this.servedInsteadMs !== null;
    const isAsked = (row: ScriptedRow) =>
      row.at >= Math.max(isIgnored ? this.atMs - Number(this.servedInsteadMs) : askedFromMs, oldestMs) &&
      (isIgnored || row.at <= askedToMs) &&
      row.at <= this.atMs &&
      (split?.column !== 'symbol' || symbolOf(row) === split.value) &&
      (split?.column !== 'order_mode' || split.value === orderMode(row));
    const found = question.part === stream.parts[0] ? this.rows.filter(isAsked) : [];
    const rows = found.toSorted((a, b) => b.at - a.at).slice(0, stream.cap);
    const clock = { clockMs: this.atMs, ageSeconds: 0, bytes: new Uint8Array(), trace: null };
    return { question, askedFromMs, askedToMs, rows: rows.map((row) => this.#mapped(row)), ...clock };
  }

  #mapped(row: ScriptedRow): ServedRow {
    const { table, parts } = this.stream;
    if (row.isUnreadable) return { kind: 'unreadable', reason: 'bad-time', at: null, raw: `{"at":"${row.at}"}` };
    const key = `${this.rows.indexOf(row)}`;
    const known: Record<string, string> = { symbol: symbolOf(row), order_mode: orderMode(row) };
    const values = table.columns.map(({ name }) => known[name] ?? null);
    const digests = { digest: key, fixedDigest: key };
    return {
      kind: 'row',
      key,
      at: row.at,
      part: parts[0] as string,
      ...digests,
      final: row.isOpen !== true,
      values,
      raw: '{}',
    };
  }
}

function symbolOf({ symbol = 'BTC_USDT' }: ScriptedRow): string {
  return symbol;
}

function orderMode({ isOnMargin = false }: ScriptedRow): string {
  return isOnMargin ? 'iso_margin' : 'spot';
}

export function failureOf(kind: FailureKind, stream: Stream): ExchangeFailure {
  return new ExchangeFailure({
    kind,
    message: `scripted: ${kind}`,
    problem: kind === 'transient' ? 'exchange-unreachable' : 'unexpected-answer',
    httpStatus: null,
    exchangeCode: null,
    endpoint: stream.endpoint,
    retryAfterMs: null,
    trace: null,
  });
}
