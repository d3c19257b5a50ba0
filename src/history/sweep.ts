import { hashOf } from './due-time.ts';
import { alignDown } from './horizon.ts';
import { goldenShare } from './numbers.ts';
import type { PartState } from './part-state.ts';
import type { Range } from './range-set.ts';
import { defaultSweepIntervalMs, type ReadSettings } from './settings.ts';
import type { Stream } from './stream.ts';
import { platformEndOf } from './timetable.ts';

/**
 * A sweep is a read that requests the whole reach again, in windows with other bounds than before: it finds what a re-read of
 * the last days would never meet. What it requests stays claimed meanwhile.
 */
export function sweepIsDue(state: PartState, sweep: Sweep): boolean {
  // A part that was last read before sweeps existed counts as swept by its last read.
  const sweptMs = state.sweptMs ?? state.lastReadEndMs;
  return sweptMs === null || turnOf(sweep.clockMs, sweep) > turnOf(sweptMs, sweep) || finalSweepIsDue(state, sweep);
}

interface Sweep {
  readonly accountId: string;
  readonly clockMs: number;
  readonly settings: ReadSettings;
}

/** Before the platform ends everything is swept once more, and again in its last hours: at another time for each account. */
export function finalSweepIsDue(state: PartState, { accountId, clockMs, settings }: Sweep): boolean {
  return finalTurnsMs(accountId, settings).some((turnMs) => turnMs <= clockMs && (state.sweptMs ?? 0) < turnMs);
}

/** The first of those sweeps also requests everything older than the reach once more. */
export function finalWalkIsDue(state: PartState, { accountId, clockMs, settings }: Sweep): boolean {
  const [firstMs] = finalTurnsMs(accountId, settings);
  return firstMs !== undefined && firstMs <= clockMs && (state.sweptMs ?? 0) < firstMs;
}

/** When the final sweeps of an account are due; empty for an exchange without an end. */
export function finalTurnsMs(accountId: string, { timetable }: ReadSettings): readonly number[] {
  const platformEndMs = platformEndOf(timetable);
  if (platformEndMs === null) return [];
  const spread = (hashOf(accountId) % 1_000) / 1_000;
  return finalTurns.map(({ beforeEndMs, withinMs }) => platformEndMs - beforeEndMs + Math.floor(spread * withinMs));
}

const hourMs = 3_600_000;
const finalTurns = [
  { beforeEndMs: 72 * hourMs, withinMs: 48 * hourMs },
  { beforeEndMs: 8 * hourMs, withinMs: 5 * hourMs },
] as const;

/** Each account has its own days, so that a fleet does not sweep on one day. */
function turnOf(instantMs: number, { accountId, settings }: { accountId: string; settings: ReadSettings }): number {
  const intervalMs = settings.sweepIntervalMs ?? defaultSweepIntervalMs;
  return Math.floor((instantMs - (hashOf(accountId) % intervalMs)) / intervalMs);
}

/** The latest end of a sweep's first window: another one in every sweep. Null while none is in progress. */
export function sweepCutMs(state: PartState, stream: Stream): number | null {
  const { sweptMs, readEndMs, claimedFromMs, lastReadEndMs } = state;
  if (readEndMs === null || sweptMs !== readEndMs || claimedFromMs === null || lastReadEndMs === null) return null;
  const within: Range = { from: Math.max(claimedFromMs, readEndMs - stream.reachMs), to: readEndMs };
  const share = goldenShare(Math.floor(readEndMs / 3_600_000));
  return alignDown(within.from + (0.1 + 0.8 * share) * (within.to - within.from), stream.unitMs);
}
