import type { PrivateCall } from './call.ts';
import { boundsMs, type PageQuestion } from './question.ts';
import { Random } from './random.ts';
import type { TrueRecord } from './record.ts';
import { streams } from './streams/index.ts';

interface SoughtRecords extends PageQuestion {
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
  const [fromMs, toMs] = boundsMs(sought, switches);
  const window = list.between(Math.max(fromMs, sought.earliestMs), toMs);
  const first = Math.max(window.first, firstOfLastMovements(call, sought, records));
  const isServed = (record: TrueRecord) =>
    record.isVisible(sought.clockMs, switches.visibilityDelayMs) &&
    (sought.symbol === null || record.row[facts.symbolField] === sought.symbol) &&
    (sought.concerns?.(record.row) ?? true);
  const limit = Math.min(sought.limit, switches.caps[sought.stream] ?? facts.cap);
  const { skipped = 0 } = sought;
  const cap = skipped + limit;
  const found: TrueRecord[] = [];
  if (switches.order === 'newest-first') {
    for (let i = window.end - 1; i >= first && found.length < cap; i--) {
      if (isServed(records[i] as TrueRecord)) found.push(records[i] as TrueRecord);
    }
    return found.slice(skipped);
  }
  const most = switches.order === 'oldest-first' ? cap : Number.POSITIVE_INFINITY;
  for (let i = first; i < window.end && found.length < most; i++) {
    if (isServed(records[i] as TrueRecord)) found.push(records[i] as TrueRecord);
  }
  if (switches.order === 'oldest-first') return found.slice(skipped);
  const random = new Random(call.seed, account.name, sought.stream, sought.part, sought.fromMs, sought.toMs);
  const chosen = random.sample(found, cap).slice(skipped);
  return switches.order === 'shuffled' ? chosen : chosen.sort((a, b) => a.timeMs - b.timeMs || a.sequence - b.sequence);
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
