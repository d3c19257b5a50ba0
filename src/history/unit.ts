import type { GapReason } from './gap.ts';
import { isFull } from './judge-page.ts';
import { change, commit, type PartReading } from './part-reading.ts';
import { type DividedMark, type Division, disclaimed, type Mark, type PartState, withoutClaims } from './part-state.ts';
import { difference, isSame, type Range, union } from './range-set.ts';
import { requestWindow, requireAnswers } from './request-window.ts';
import type { Question } from './stream.ts';

/**
 * One unit of time that is still full can't be cut by time. It is divided by a column in which its records differ: exhaustively
 * if all values are known (that proves the unit), then by every value seen (that stores rows and proves nothing: the unit stays
 * a gap `too-dense`). Its progress is part of the state: each step is one request, an interruption loses none, and the steps
 * end with the last value of the last split.
 */
export function beginDivision(state: PartState, unit: Range): PartState {
  const division = { ...newDivision, split: 0 };
  const divided = withoutMark(state, unit, [{ ...unit, reason: 'too-dense', division }]);
  // Whatever an earlier answer proved, there are more records now.
  return { ...withoutClaims(divided, [unit]), pending: difference(state.pending, [unit]) };
}

const newDivision = { after: null, short: true, readable: true } as const;

/**
 * The last value's answer claims the unit for all of them, so none may be much older: a record that was listed since would be
 * claimed unseen. Five requests take seconds, minutes where answers are slow.
 */
const maxDivisionMs = 3_600_000;

/** Requests the next value of a unit that is being divided. */
export async function divideFurther(reading: PartReading, mark: DividedMark): Promise<PartState> {
  const { reference, store, exchange } = reading;
  const { division } = mark;
  const { stream, part } = reference;
  const split = stream.splits[division.split];
  if (split === undefined) return change(reading, (state) => asGap(state, mark, 'too-dense'));
  const isExhaustive = split.exhaustiveValues !== null;
  const values = (split.exhaustiveValues ?? (await store.knownValues(reference, split.column))).toSorted();
  const value = values.find((each) => division.after === null || each > division.after);
  if (value === undefined) {
    // Only unreadable rows keep the unit from being proved.
    if (isExhaustive && division.short && !division.readable)
      return change(reading, (state) => asGap(state, mark, 'quarantined'));
    return change(reading, (state) => withDivision(state, mark, { ...newDivision, split: division.split + 1 }));
  }
  const sinceMs = division.after === null ? exchange.clockMs() : division.sinceMs;
  if (isExhaustive && (sinceMs === undefined || exchange.clockMs() - sinceMs > maxDivisionMs))
    return change(reading, (state) => withDivision(state, mark, { ...newDivision, split: division.split }));
  const { from, to } = mark;
  const question = { part, core: { from, to }, split: { column: split.column, value } };
  const isProof = isExhaustive && division.short && division.readable && value === values.at(-1);
  const { short, readable } = await askValue(reading, question, isProof);
  const next = {
    ...division,
    sinceMs,
    after: value,
    short: division.short && short,
    readable: division.readable && readable,
  };
  return change(reading, (state) => withDivision(state, mark, next));
}

/** A value that the exchange no longer knows (a delisted symbol) proves nothing, and does not stop the others. */
async function askValue(reading: PartReading, question: Question, isProof: boolean) {
  const answer = await requestWindow(reading, question);
  if ('failure' in answer) {
    if (answer.error.details.kind !== 'unknown-symbol') await requireAnswers(reading, answer);
    return { short: false, readable: true };
  }
  const { decision } = await commit(reading, answer.page, { wholeUnit: isProof });
  return {
    short: decision.verdict.kind !== 'no-evidence' && !isFull(answer.page, reading.reference.stream),
    readable: decision.quarantine.length === 0,
  };
}

/** Does nothing if the unit was proved meanwhile: then the mark is gone. */
function withDivision(state: PartState, mark: Mark, division: Division): PartState {
  return { ...state, marks: state.marks.map((each) => (isOfUnit(each, mark) ? { ...each, division } : each)) };
}

/** Makes the unit a gap, because not all of it can be seen. It was requested all the same. */
function asGap(state: PartState, { from, to }: Mark, reason: GapReason): PartState {
  const unit = [{ from, to }];
  const divided = disclaimed(withoutMark(state, { from, to }, []), unit, reason);
  return { ...divided, requested: union(divided.requested, unit) };
}

function withoutMark(state: PartState, unit: Range, instead: readonly Mark[]): PartState {
  return { ...state, marks: [...state.marks.filter((each) => !isOfUnit(each, unit)), ...instead] };
}

function isOfUnit(mark: Mark, unit: Range): boolean {
  return mark.reason === 'too-dense' && isSame(mark, unit);
}
