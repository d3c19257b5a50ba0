import type { PublicCall } from './call.ts';
import type { Refusal } from './refusal.ts';
import { type StreamName, streams } from './streams/index.ts';

interface WindowNames {
  readonly start: string;
  readonly end: string;
  /** The refusal of bounds that make no sense. */
  readonly refusal: (what: string, isReversed: boolean) => Refusal;
}

export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The window of a request. A bound that is missing, or spelt in another way, is replaced without a word. */
export function windowOf(call: PublicCall, stream: StreamName, { start, end, refusal }: WindowNames): Window {
  const { unitMs, defaultWindowMs } = streams[stream];
  const [from, to] = [call.parameters.number(start), call.parameters.number(end)];
  if (Number.isNaN(from) || Number.isNaN(to)) throw refusal(`${start} or ${end} is invalid`, false);
  if (from !== null && to !== null && to <= from) throw refusal(`${end} must be greater than ${start}`, true);
  const toMs = to === null ? call.clockMs : to * unitMs;
  const fromMs = from === null ? toMs - defaultWindowMs : from * unitMs;
  return { fromMs, toMs };
}
