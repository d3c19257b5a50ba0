import { alignDown, alignUp, horizonMs, timeBefore, timeFrom } from './horizon.ts';
import {
  decide,
  isFull,
  type JudgeContext,
  objectionTo,
  quarantinedRanges,
  reachable,
  withRows,
} from './judge-page.ts';
import { rereadWindowMs } from './late-rows.ts';
import type { PartReading } from './part-reading.ts';
import { type Mark, marked, type PartState, withoutRanges } from './part-state.ts';
import type { HeldRow, PageDecision, Replay, Replays } from './ports.ts';
import { contains, difference, intersection, type RangeSet, rangeSet, union } from './range-set.ts';
import { sortRows } from './sort-rows.ts';

/**
 * Reads rows that an earlier mapping could not read again from their answers, before anything is requested. Each answer becomes
 * a page again, whose rows are handled like those of any page; what it may prove is less, see `judgeReplay`.
 */
export async function replayAnswers(reading: Omit<PartReading, 'progress'>, replays: Replays): Promise<void> {
  const { exchange, reference, fence } = reading;
  for (const answer of await replays.answers(reference)) {
    if (reading.signal.aborted) return;
    const page = await replays.pageOf(reference.stream, answer, reading.signal);
    const context = { stream: reference.stream, settings: reading.settings, nowMs: exchange.clockMs() };
    const outcome = await replays.commit(reference, fence, { answer, page }, (state, held, aside) =>
      judgeReplay({ answer, page, aside }, state, held, context),
    );
    reading.counts.add(page, outcome);
  }
}

export interface ReplayedPage extends Replay {
  /** The ranges in which rows of other answers are still quarantined. */
  readonly aside: RangeSet;
}

export interface ReplayContext extends JudgeContext {
  /** The exchange's present clock; the page has that of its answer. */
  readonly nowMs: number;
}

/**
 * Judges a stored answer by the current mapping. Its rows are stored. It claims only what it would have claimed then, had its
 * rows been readable: instants of a gap `quarantined`, of a page that proved the rest of its window, within reach at its time,
 * requested at a settled age, and without other quarantined rows. What else of the gap is still within reach is requested
 * again; the rest stays a gap.
 */
export function judgeReplay(
  { answer, page, aside }: ReplayedPage,
  state: PartState,
  held: readonly HeldRow[],
  context: ReplayContext,
): PageDecision {
  const { stream, nowMs } = context;
  const sorted = sortRows(page, held);
  const stored = withRows(state, page, sorted, answer.verdict !== 'no-evidence');
  const gap = marked(state.marks, isQuarantined);
  const unread = union(unitsWide(aside, stream.unitMs), quarantinedRanges(page, sorted, stream));
  const readable = difference(gap, unread);

  const isEvidence = answer.verdict === 'proves' && !isFull(page, stream) && !page.question.split;
  const provable = isEvidence && objectionTo(page, stream, sorted) === null ? [page.question.core] : [];
  const settledToMs = Math.max(
    state.settledThroughMs ?? 0,
    page.clockMs - rereadWindowMs(state, stream, context.settings),
  );
  const settled = timeBefore(alignDown(settledToMs, stream.unitMs));
  const asOfThen = intersection(intersection(provable, reachable(page, stored, context)), settled);
  const proved = intersection(readable, asOfThen);
  const isMissing = held.some((row) => contains(proved, row.at) && !sorted.keys.has(row.key));
  const claim = isMissing ? [] : proved;

  const askAgain = intersection(difference(readable, claim), timeFrom(horizonMs(stream, nowMs)));
  return decide(sorted, { kind: claim.length > 0 ? 'proves' : 'steers' }, claim, {
    ...stored,
    covered: union(state.covered, claim),
    requested: difference(state.requested, askAgain),
    marks: withoutRanges(state.marks, union(claim, askAgain), isQuarantined),
    // Between two reads it needs no entry: the next plan finds it, because it is not covered and has no mark.
    pending:
      state.readEndMs === null
        ? state.pending
        : union(state.pending, intersection(askAgain, timeBefore(state.readEndMs))),
  });
}

function isQuarantined({ reason }: Mark): boolean {
  return reason === 'quarantined';
}

function unitsWide(ranges: RangeSet, unitMs: number): RangeSet {
  return rangeSet(ranges.map(({ from, to }) => ({ from: alignDown(from, unitMs), to: alignUp(to, unitMs) })));
}
