import { hasFailed } from './failed-window.ts';
import { alignDown, alignUp, listedToMs } from './horizon.ts';
import { Counts, change, type PartReading, type PartResult, type ReadContext } from './part-reading.ts';
import { isUnderWay, type Mark, type PartState, withoutRanges } from './part-state.ts';
import type { PartReference } from './ports.ts';
import { difference, intersection, type Range, rangeSet, union } from './range-set.ts';
import { readList } from './read-list.ts';
import { orBlocked, readScope } from './read-part.ts';
import { asItStands } from './read-progress.ts';
import { walkOf } from './walk.ts';

export interface RangeRead extends PartResult {
  /** The oldest instant that is left to request; null if the range was read to its end, or a failure stopped it. */
  readonly nextMs: number | null;
}

export interface RangeRequest extends Range {
  /** The first attempt requests everything; later ones continue with what is left. */
  readonly isFirst: boolean;
}

/**
 * Requests a chosen range of one part again, covered or not, including what is too dense, quarantined, or beyond the reach. The
 * range becomes work of the part like any other, so each attempt leaves less of it and the last one finishes: every window is
 * answered, divided, or becomes a gap. Throws FenceLost if another attempt has taken over.
 */
export async function readRange(
  context: ReadContext,
  reference: PartReference,
  { isFirst, ...range }: RangeRequest,
): Promise<RangeRead> {
  const { stream } = reference;
  const counts = new Counts(reference.part);
  const { fence, state: opened } = await context.store.openPart(reference);
  const reading: PartReading = { ...context, reference, fence, counts, progress: { ...asItStands } };
  let nextMs: number | null = null;
  const result = await orBlocked(reading, opened, async () => {
    await context.exchange.measureClock(context.signal);
    // A list can't be limited to a range.
    if (stream.isList) return readList(reading);
    const scope = {
      from: alignDown(range.from, stream.unitMs),
      to: Math.min(alignUp(range.to, stream.unitMs), listedToMs(stream, context.exchange.clockMs(), context.settings)),
    };
    const begun = isFirst ? await change(reading, (state) => withRange(state, scope)) : opened;
    const { state, isDone } = await readScope(reading, begun, scope);
    const left = [...state.pending, ...walkOf(state, stream), ...state.marks.filter(isUnderWay)];
    if (!isDone) nextMs = intersection(rangeSet(left), [scope])[0]?.from ?? scope.from;
    return counts.result({ done: isDone });
  });
  return { ...result, nextMs };
}

/** The state in which a range is requested as if nothing were known of it. Its coverage stays. */
function withRange(state: PartState, range: Range): PartState {
  const isForgotten = (mark: Mark) =>
    hasFailed(mark) || mark.reason === 'too-dense' || mark.reason === 'expired-before-link';
  return {
    ...state,
    pending: union(state.pending, [range]),
    requested: difference(state.requested, [range]),
    suspect: difference(state.suspect, [range]),
    marks: withoutRanges(state.marks, [range], isForgotten),
  };
}
