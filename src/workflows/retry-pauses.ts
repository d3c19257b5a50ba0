const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** How soon a key that was refused is checked again: a person has to act first. */
export const refusedKeyPausesMs = [5 * minuteMs, 15 * minuteMs, hourMs, 6 * hourMs] as const;
/** How soon a transient failure is retried. */
export const undecidedPausesMs = [30_000, minuteMs, 5 * minuteMs, 15 * minuteMs] as const;

/** The pause before the next try; the last value applies to all later tries. */
export function pauseMs(pausesMs: readonly number[], turn: number): number {
  return pausesMs[Math.min(turn, pausesMs.length - 1)] as number;
}
