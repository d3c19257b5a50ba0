import { hashOf } from './due-time.ts';
import { alignDown } from './horizon.ts';
import type { PartState } from './part-state.ts';
import type { Range } from './range-set.ts';
import { defaultSweepIntervalMs, type ReadSettings } from './settings.ts';
import type { Stream } from './stream.ts';

/**
 * A sweep is a read that asks for the whole reach again, in windows cut elsewhere than before: it finds what a re-read of the
 * last days would never meet. What it asks stays claimed meanwhile.
 */
export function sweepIsDue(state: PartState, sweep: { accountId: string; clockMs: number; settings: ReadSettings }) {
  // A part that was read before sweeps were known counts as swept with its last read.
  const sweptMs = state.sweptMs ?? state.lastReadEndMs;
  return sweptMs === null || turnOf(sweep.clockMs, sweep) > turnOf(sweptMs, sweep);
}

/** Each account has turns of its own, so that a fleet does not sweep on one day. */
function turnOf(instantMs: number, { accountId, settings }: { accountId: string; settings: ReadSettings }): number {
  const intervalMs = settings.sweepIntervalMs ?? defaultSweepIntervalMs;
  return Math.floor((instantMs - (hashOf(accountId) % intervalMs)) / intervalMs);
}

/** Where the first window of a sweep ends at the latest: elsewhere in every sweep. Null while none is under way. */
export function sweepCutMs(state: PartState, stream: Stream): number | null {
  const { sweptMs, readEndMs, claimedFromMs, lastReadEndMs } = state;
  if (readEndMs === null || sweptMs !== readEndMs || claimedFromMs === null || lastReadEndMs === null) return null;
  const within: Range = { from: Math.max(claimedFromMs, readEndMs - stream.reachMs), to: readEndMs };
  // Multiples of the golden ratio never come close to one another.
  const share = (Math.floor(readEndMs / 3_600_000) * goldenRatio) % 1;
  return alignDown(within.from + (0.1 + 0.8 * share) * (within.to - within.from), stream.unitMs);
}

const goldenRatio = 0.618_033_988_75;
