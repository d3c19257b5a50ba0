import { type StreamName, streams } from './streams/index.ts';
import type { Switches } from './switches.ts';
import type { WireRow } from './wire-text.ts';

/** What a request asks of a stream, after its own names and units are read. Both bounds are milliseconds. */
export interface PageQuestion {
  readonly stream: StreamName;
  readonly part: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** The most rows that the request wants. */
  readonly limit: number;
  /** So many rows before it are on earlier pages. @default 0 */
  readonly skipped?: number;
  /** The symbol (movements: the currency) that it is limited to. */
  readonly symbol: string | null;
  /** Whether its other filters let a row pass. */
  readonly concerns?: (row: WireRow) => boolean;
}

/** The window in milliseconds, its end excluded. Times are compared in the unit of the request, rounded down. */
export function boundsMs(question: PageQuestion, switches: Switches): readonly [fromMs: number, toMs: number] {
  const { unitMs } = streams[question.stream];
  const fromMs = question.fromMs + (switches.includesStart ? 0 : unitMs);
  return [fromMs, question.toMs + (switches.includesEnd ? unitMs : 0)];
}
