import { reachMsOf } from './reach.ts';
import type { TrueRecord } from './record.ts';
import { type StreamName, streams } from './streams/index.ts';
import type { Switches } from './switches.ts';
import type { WireRow } from './wire-text.ts';

interface RecordIdentity {
  readonly stream: StreamName;
  readonly part: string;
  readonly timeMs: number;
  /** Id of the trade, withdrawal or deposit. */
  readonly id: string;
  /** Of trades. */
  readonly orderId: string | null;
  /** Of trades and flows. */
  readonly symbol: string | null;
}

/** One true record. */
export interface TrueRow extends RecordIdentity {
  readonly row: WireRow;
  /** The row exactly as served. */
  readonly servedText: string;
  readonly visibleFromMs: number | null;
}

/** What was done with a record. */
export interface ServedRecord extends RecordIdentity {
  /** By the exchange's clock. */
  readonly servableFromMs: number;
  /** When it leaves the reach, or when it vanished; null: never. */
  readonly servableUntilMs: number | null;
  /** A fault fails every request that could serve it, until the fault is taken back. */
  readonly isWithheld: boolean;
  /** By API key: how often, and when first and last. Empty when it was never served. */
  readonly servedTo: Readonly<Record<string, { readonly times: number; readonly firstMs: number; lastMs: number }>>;
}

export function trueRow(record: TrueRecord): TrueRow {
  return {
    ...identityOf(record),
    row: record.row,
    servedText: record.text,
    visibleFromMs: record.visibleFromMs,
  };
}

export function servedRecord(record: TrueRecord, switches: Switches, isWithheld: boolean): ServedRecord {
  const reachMs = reachMsOf(switches, record.stream);
  const ends = [reachMs === null ? null : record.timeMs + reachMs, record.vanishedAtMs].filter((end) => end !== null);
  return {
    ...identityOf(record),
    servableFromMs: record.visibleFromMs ?? record.timeMs + switches.visibilityDelayMs,
    servableUntilMs: ends.length === 0 ? null : Math.min(...ends),
    isWithheld,
    servedTo: Object.fromEntries([...record.servings].map(([apiKey, serving]) => [apiKey, { ...serving }])),
  };
}

function identityOf(record: TrueRecord): RecordIdentity {
  const { orderIdField } = streams[record.stream];
  return {
    stream: record.stream,
    part: record.part,
    timeMs: record.timeMs,
    id: record.id,
    orderId: orderIdField === undefined ? null : String(record.row[orderIdField]),
    symbol: typeof record.row.symbol === 'string' ? record.row.symbol : null,
  };
}
