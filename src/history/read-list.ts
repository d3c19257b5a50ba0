import { alignUp, horizonMs, listedToMs, unitsOf } from './horizon.ts';
import { isoTime } from './iso-time.ts';
import { decide, isFull, type JudgeContext, objectionTo, quarantinedRanges, withRows } from './judge-page.ts';
import { fadedLateMs, withLateRows } from './late-rows.ts';
import { beginCommitJudged, type PartReading, type PartResult } from './part-reading.ts';
import { type Mark, type PartState, withoutRanges } from './part-state.ts';
import type { HeldRow, PageDecision } from './ports.ts';
import { contains, difference, hull, intersection, union } from './range-set.ts';
import { finishRead } from './read.ts';
import { notEvidence } from './request-window.ts';
import { firstPageAllowanceMs } from './settings.ts';
import { sortRows } from './sort-rows.ts';
import type { Page } from './stream.ts';

/** How often a contradictory list is requested before the stream gets a problem. */
const maxObjections = 3;

/** Reads a stream that is one list of its newest records, without time bounds: one request returns everything. */
export async function readList(reading: PartReading): Promise<PartResult> {
  const { reference, exchange, settings, counts, budget, reader, signal, keyId } = reading;
  const { stream, part } = reference;
  for (let objections = 1; ; objections++) {
    const to = listedToMs(stream, exchange.clockMs(), settings);
    budget.spend(1);
    const page = await reader.ask(stream, { part, core: { from: stream.originMs, to } }, signal);
    const context = { stream, settings, keyId };
    const { stored } = beginCommitJudged(reading, page, (state, held) => judgeList(page, state, held, context));
    const { verdict } = (await stored).decision;
    if (verdict.kind !== 'no-evidence') return counts.result({ done: true });
    if (objections >= maxObjections) throw notEvidence(reading, page, verdict.reason);
  }
}

/**
 * A full list may leave out any record, so it claims nothing. A list that is not full vouches for the time between its oldest
 * and its newest record. Nothing shows how far it reaches beyond those: an empty list proves nothing.
 */
export function judgeList(
  page: Page,
  state: PartState,
  held: readonly HeldRow[],
  context: JudgeContext & { readonly keyId: string },
): PageDecision {
  const { stream, settings, keyId } = context;
  const { core } = page.question;
  const sorted = sortRows(page, held);
  const withPage = (before: PartState) =>
    withLateRows(withRows(before, page, sorted), sorted.insert, page.clockMs, context);
  const stored = withPage(state);
  const unbounded = { ...page, askedFromMs: Number.NEGATIVE_INFINITY, askedToMs: Number.POSITIVE_INFINITY };
  const objection = objectionTo(unbounded, stream, sorted);
  if (objection) return decide(sorted, { kind: 'no-evidence', reason: objection.reason }, [], stored);

  const full = isFull(page, stream);
  const quarantined = quarantinedRanges(page, sorted, stream);
  const times = page.rows.flatMap(({ at }) => at ?? []);
  const listed = hull(unitsOf(times, stream.unitMs));
  const claim = full || listed === null ? [] : difference(intersection([listed], [core]), quarantined);
  const omitted = held.find((row) => !sorted.keys.has(row.key) && contains(claim, row.at));
  if (omitted) {
    const reason = `it omits a record of ${isoTime(omitted.at)} that was served before`;
    return decide(sorted, { kind: 'no-evidence', reason, omittedAtMs: omitted.at }, [], stored);
  }
  const covered = difference(union(state.covered, claim), quarantined);
  const aside = state.marks.filter(({ reason, from, to }) => reason === 'quarantined' && to - from === stream.unitMs);
  const marks: readonly Mark[] = [
    ...withoutRanges(aside, union(covered, quarantined)),
    ...quarantined.map((range) => ({ ...range, reason: 'quarantined' as const })),
    { ...core, reason: full ? 'too-dense' : 'reach-unknown' },
  ];
  // The delay fades once a list, not with each answer that proves nothing.
  const faded = withPage({ ...state, longestLateMs: fadedLateMs(state, page.clockMs, settings) });
  const listedState: PartState = {
    ...faded,
    covered,
    marks,
    claimedFromMs:
      state.claimedFromMs ?? alignUp(horizonMs(stream, page.clockMs) + firstPageAllowanceMs, stream.unitMs),
    readEndMs: core.to,
    lastReadAtMs: Math.max(state.lastReadAtMs ?? 0, page.clockMs),
    readThrough: true,
    sweptMs: core.to,
    walkedWith: keyId,
    walkedAtMs: page.clockMs,
  };
  return decide(sorted, { kind: full ? 'steers' : 'proves' }, claim, finishRead(listedState, stream, settings));
}
