import type { TrueRecord } from './record.ts';
import { type StreamName, streams } from './streams/index.ts';

/** Some records of an account: those that everything given here is true of. */
export interface RecordChoice {
  readonly stream?: StreamName;
  readonly ids?: readonly string[];
  /** Of movements, the currency. */
  readonly symbol?: string;
  /** Records of the same millisecond (futures trades: of the same second). */
  readonly instantMs?: number;
}

/** Refuses a choice of nothing: it would silently change nothing. */
export function chosenBy(choice: RecordChoice, records: Iterable<TrueRecord>): readonly TrueRecord[] {
  const { ids, symbol, instantMs } = choice;
  if (ids === undefined && symbol === undefined && instantMs === undefined) {
    throw new Error('Records are chosen by ids, symbol or instantMs.');
  }
  const chosen = [...records].filter((record) => isChosen(choice, record));
  if (chosen.length === 0) throw new Error('There is no such record.');
  return chosen;
}

function isChosen({ stream, ids, symbol, instantMs }: RecordChoice, record: TrueRecord): boolean {
  const { unitMs, symbolField } = streams[record.stream];
  return (
    (stream ?? record.stream) === record.stream &&
    (ids?.includes(record.id) ?? true) &&
    (symbol === undefined || record.row[symbolField] === symbol) &&
    (instantMs === undefined || Math.floor(instantMs / unitMs) === Math.floor(record.timeMs / unitMs))
  );
}
