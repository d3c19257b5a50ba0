import type { Mark, PartState } from '../history/part-state.ts';
import { instantMs, instantText, multirangeText, optionalInstantText, rangeSetOf } from './instants.ts';
import type { CoverageRow } from './schema.ts';

/** The only conversion between a row of `coverage` and a PartState. */
export function partStateOf(row: CoverageRow): PartState {
  return {
    claimedFromMs: row.claimed_from?.getTime() ?? null,
    covered: rangeSetOf(row.covered),
    answered: rangeSetOf(row.answered),
    pending: rangeSetOf(row.pending),
    readEndMs: row.read_end?.getTime() ?? null,
    lastReadEndMs: row.last_read_end?.getTime() ?? null,
    lastReadAtMs: row.last_read_at?.getTime() ?? null,
    settledThroughMs: row.settled_through?.getTime() ?? null,
    rowCount: row.row_count,
    oldestRowMs: row.oldest_row_at?.getTime() ?? null,
    provedReachMs: row.proved_reach_ms,
    requested: rangeSetOf(row.requested),
    walkedWith: row.walked_with,
    walkedAtMs: row.walked_at?.getTime() ?? null,
    marks: (row.marks as StoredMark[]).map(({ from, to, ...mark }) => ({
      ...mark,
      from: instantMs(from),
      to: instantMs(to),
    })),
    newestRowMs: row.newest_row_at?.getTime() ?? null,
    suspect: rangeSetOf(row.suspect),
    fittingWindowMs: row.fitting_window_ms,
    confirmed: rangeSetOf(row.confirmed),
    boundsHonoured: row.bounds_honoured,
    readThrough: row.read_through,
    longestLateMs: row.longest_late_ms,
    sweptMs: row.swept_at?.getTime() ?? null,
  };
}

interface StoredMark extends Omit<Mark, 'from' | 'to'> {
  readonly from: string;
  readonly to: string;
}

export const partColumns = {
  claimed_from: 'timestamptz',
  covered: 'tstzmultirange',
  answered: 'tstzmultirange',
  requested: 'tstzmultirange',
  walked_with: 'text',
  walked_at: 'timestamptz',
  pending: 'tstzmultirange',
  read_end: 'timestamptz',
  last_read_end: 'timestamptz',
  last_read_at: 'timestamptz',
  settled_through: 'timestamptz',
  row_count: 'bigint',
  oldest_row_at: 'timestamptz',
  proved_reach_ms: 'bigint',
  marks: 'jsonb',
  newest_row_at: 'timestamptz',
  suspect: 'tstzmultirange',
  fitting_window_ms: 'bigint',
  confirmed: 'tstzmultirange',
  bounds_honoured: 'boolean',
  read_through: 'boolean',
  longest_late_ms: 'bigint',
  swept_at: 'timestamptz',
} as const satisfies Partial<Record<keyof CoverageRow, string>>;

export function partValues(
  state: PartState,
): Readonly<Record<keyof typeof partColumns, string | number | boolean | null>> {
  return {
    claimed_from: optionalInstantText(state.claimedFromMs),
    covered: multirangeText(state.covered),
    answered: multirangeText(state.answered),
    requested: multirangeText(state.requested),
    walked_with: state.walkedWith,
    walked_at: optionalInstantText(state.walkedAtMs),
    pending: multirangeText(state.pending),
    read_end: optionalInstantText(state.readEndMs),
    last_read_end: optionalInstantText(state.lastReadEndMs),
    last_read_at: optionalInstantText(state.lastReadAtMs),
    settled_through: optionalInstantText(state.settledThroughMs),
    row_count: state.rowCount,
    oldest_row_at: optionalInstantText(state.oldestRowMs),
    proved_reach_ms: state.provedReachMs,
    marks: JSON.stringify(
      state.marks.map(({ from, to, ...mark }) => ({ ...mark, from: instantText(from), to: instantText(to) })),
    ),
    newest_row_at: optionalInstantText(state.newestRowMs),
    suspect: multirangeText(state.suspect),
    fitting_window_ms: state.fittingWindowMs === null ? null : Math.round(state.fittingWindowMs),
    confirmed: multirangeText(state.confirmed),
    bounds_honoured: state.boundsHonoured,
    read_through: state.readThrough,
    longest_late_ms: state.longestLateMs,
    swept_at: optionalInstantText(state.sweptMs),
  };
}
