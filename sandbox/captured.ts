import { readFileSync } from 'node:fs';
import { type StreamName, streams } from './streams/index.ts';
import { readWireText, type WireRow } from './wire-text.ts';

const files: readonly (readonly [StreamName, string])[] = [
  ['spot-trades', 'spot-trades.live.json'],
  ['spot-trades', 'spot-trades.documented.json'],
  ['futures-trades', 'futures-trades.live.json'],
  ['futures-trades', 'futures-trades.second-fill.live.json'],
  ['futures-trades', 'futures-trades.documented.json'],
  ['withdrawals', 'withdrawals.documented.json'],
  ['deposits', 'deposits.live.json'],
];

const hourMs = 3_600_000;
/** Within the reach of trades, with some days to spare. */
const spanMs = 80 * 24 * hourMs;

/** Rows as captured, moved in time so that each stream's youngest lies an hour before `endMs`. */
export function capturedRows(endMs: number): CapturedRow[] {
  const rows = files.flatMap(([stream, file]) => rowsOf(file).map((row) => ({ stream, ...row })));
  return rows.map(({ stream, row, isPartial }) => {
    const ofStream = rows.filter((other) => other.stream === stream).map((other) => timeOf(stream, other.row));
    const move = mover(ofStream, endMs - hourMs);
    return { stream, row: movedRow(stream, row, move(timeOf(stream, row))), isPartial };
  });
}

interface CapturedRow {
  readonly stream: StreamName;
  readonly row: WireRow;
  /** Only some of its fields were shown. */
  readonly isPartial: boolean;
}

function rowsOf(file: string): { readonly row: WireRow; readonly isPartial: boolean }[] {
  const text = readFileSync(new URL(`captured/${file}`, import.meta.url), 'utf8');
  const captured = readWireText(text) as { row?: WireRow; data?: WireRow[] | { records: WireRow[] } };
  if (captured.row) return [{ row: captured.row, isPartial: true }];
  const rows = Array.isArray(captured.data) ? captured.data : (captured.data?.records ?? []);
  return rows.map((row) => ({ row, isPartial: false }));
}

function timeOf(stream: StreamName, row: WireRow): number {
  return Number(row[streams[stream].timeField]);
}

/** Distances are kept, unless they are wider than what is served: then all shrink alike, but for those under an hour. */
function mover(timesMs: readonly number[], endMs: number): (timeMs: number) => number {
  const lastMs = Math.max(...timesMs);
  const wholeMs = lastMs - Math.min(...timesMs);
  if (wholeMs <= spanMs) return (timeMs) => endMs - (lastMs - timeMs);
  return (timeMs) => {
    // A group of fills that belong together moves as one, by its youngest.
    const youngestMs = Math.max(...timesMs.filter((other) => other >= timeMs && other - timeMs < hourMs));
    return endMs - Math.floor(((lastMs - youngestMs) * spanMs) / wholeMs) - (youngestMs - timeMs);
  };
}

function movedRow(stream: StreamName, row: WireRow, timeMs: number): WireRow {
  const { timeField, otherTimeFields = [], timeUnitMs = 1 } = streams[stream];
  const movedMs = Math.floor(timeMs / timeUnitMs) * timeUnitMs;
  return { ...row, ...Object.fromEntries([timeField, ...otherTimeFields].map((name) => [name, movedMs])) };
}
