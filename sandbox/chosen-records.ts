import type { PrivateCall } from './call.ts';
import type { PageQuestion } from './page.ts';
import { Random } from './random.ts';
import type { TrueRecord } from './record.ts';
import { streams } from './streams.ts';

export interface SoughtRecords extends PageQuestion {
  /** The clock by which a record is there or not yet. */
  readonly clockMs: number;
  readonly earliestMs: number;
}

/** The records that a page holds: those of the window, as many as the cap allows, chosen and sorted as the switches say. */
export function chosenRecords(call: PrivateCall, sought: SoughtRecords): TrueRecord[] {
  const { switches, account } = call;
  const facts = streams[sought.stream];
  const list = account.records(sought.stream, sought.part);
  const records = list.all();
  const window = list.between(...boundsMs(call, sought));
  const first = Math.max(window.first, firstOfLastMovements(call, sought, records));
  const isServed = (record: TrueRecord) =>
    record.isVisible(sought.clockMs, switches.visibilityDelayMs) && (sought.concerns?.(record.row) ?? true);
  const cap = Math.min(sought.limit, switches.caps[sought.stream] ?? facts.cap);
  const found: TrueRecord[] = [];
  if (switches.order === 'newest-first') {
    for (let i = window.end - 1; i >= first && found.length < cap; i--) {
      if (isServed(records[i] as TrueRecord)) found.push(records[i] as TrueRecord);
    }
    return found;
  }
  const most = switches.order === 'oldest-first' ? cap : Number.POSITIVE_INFINITY;
  for (let i = first; i < window.end && found.length < most; i++) {
    if (isServed(records[i] as TrueRecord)) found.push(records[i] as TrueRecord);
  }
  if (switches.order === 'oldest-first') return found;
  const random = new Random(call.seed, account.name, sought.stream, sought.part, sought.fromMs, sought.toMs);
  const chosen = random.sample(found, cap);
  return switches.order === 'shuffled' ? chosen : chosen.sort((a, b) => a.timeMs - b.timeMs || a.sequence - b.sequence);
}

/** The window in milliseconds, its end excluded. Times are compared in the unit of the request, rounded down. */
function boundsMs(call: PrivateCall, sought: SoughtRecords): [fromMs: number, toMs: number] {
  const { unitMs } = streams[sought.stream];
  const { includesStart, includesEnd } = call.switches;
  const fromMs = sought.fromMs + (includesStart ? 0 : unitMs);
  const toMs = sought.toMs + (includesEnd ? unitMs : 0);
  return [Math.max(fromMs, sought.earliestMs), toMs];
}

const lastMovements = 100;

/** The position of the first record that the limit of the last 100 movements leaves. */
function firstOfLastMovements(call: PrivateCall, sought: SoughtRecords, records: readonly TrueRecord[]): number {
  if (!call.switches.lastMovementsOnly || streams[sought.stream].reach !== 'movements') return 0;
  let left = lastMovements;
  for (let i = records.length - 1; i >= 0; i--) {
    if ((records[i] as TrueRecord).isVisible(sought.clockMs, call.switches.visibilityDelayMs) && --left === 0) return i;
  }
  return 0;
}
