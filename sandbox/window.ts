import type { PublicCall } from './call.ts';
import type { Refusal } from './refusal.ts';

export interface WindowNames {
  readonly start: string;
  readonly end: string;
  /** The unit that the parameters are in. */
  readonly unitMs: number;
  readonly defaultWindowMs: number;
  readonly unreadable: () => Refusal;
  readonly reversed: () => Refusal;
}

export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The window of a request. A bound that is missing, or spelt in another way, is replaced without a word. */
export function windowOf(call: PublicCall, names: WindowNames): Window {
  const start = call.parameters.number(names.start);
  const end = call.parameters.number(names.end);
  if (Number.isNaN(start) || Number.isNaN(end)) throw names.unreadable();
  if (start !== null && end !== null && end <= start) throw names.reversed();
  const toMs = end === null ? call.clockMs : end * names.unitMs;
  const fromMs = start === null ? toMs - names.defaultWindowMs : start * names.unitMs;
  return { fromMs, toMs };
}
