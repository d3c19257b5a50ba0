import type { GapReason, StreamCoverage } from '../answers/index.ts';
import { least } from '../history/numbers.ts';
import { difference, intersection, type Range, rangeSet } from '../history/range-set.ts';
import { unknownRight } from '../history/stream.ts';
import { dayAndTime, inSentence, listOf } from './words.ts';

/** The verdict on a range of years, usually one year. */
export interface Verdict {
  /** `2026`, `2022 to 2024`, `Everything before 2022` */
  readonly years: string;
  /** Every history of the account is complete in these years. */
  readonly complete: boolean;
  /** Continues after the years: ` is complete for deposits`, ` is not complete`. */
  readonly head: string;
  /** What is missing, and why; each a part of a sentence. */
  readonly clauses: readonly string[];
}

/**
 * One verdict for each calendar year (UTC), the latest first, and one for all years before the first with any data. Consecutive
 * years with the same verdict are grouped. Only time that answers of the exchange cover is called complete.
 */
export function verdictsOf(streams: readonly StreamCoverage[], nowMs: number): readonly Verdict[] {
  const thisYear = new Date(nowMs).getUTCFullYear();
  const origin = least(streams.flatMap(({ gaps }) => gaps.map(({ from }) => Date.parse(from))));
  const oldest = least(
    streams.flatMap(({ covered, servedBack }) => [
      ...covered.map(([from]) => Date.parse(from)),
      ...(servedBack === null ? [] : [Date.parse(servedBack)]),
    ]),
  );
  const firstYear = oldest === null ? thisYear : Math.min(new Date(oldest).getUTCFullYear(), thisYear);
  const verdicts: (Pick<Verdict, 'complete' | 'head' | 'clauses'> & { first: number; last: number })[] = [];
  // A missing right is mentioned once, with the latest year.
  const shown = streams.filter(({ missingRight, covered }) => missingRight == null || covered.length > 0);
  for (let year = thisYear; year >= firstYear; year--) {
    const verdict = verdictOn(year === thisYear ? streams : shown, {
      from: Date.UTC(year, 0),
      to: Math.min(Date.UTC(year + 1, 0), nowMs),
    });
    const after = verdicts.at(-1);
    if (after && sentenceOf(after) === sentenceOf(verdict)) after.first = year;
    else verdicts.push({ first: year, last: year, ...verdict });
  }
  const named = verdicts.map(({ first, last, ...verdict }) => ({
    ...verdict,
    years: first === last ? String(last) : `${first} to ${last}`,
  }));
  const firstMs = Date.UTC(firstYear, 0);
  if (origin === null || origin >= firstMs) return named;
  return [...named, { years: `Everything before ${firstYear}`, ...verdictOn(shown, { from: origin, to: firstMs }) }];
}

function verdictOn(streams: readonly StreamCoverage[], window: Range): Omit<Verdict, 'years'> {
  const found = streams.map((stream) => ({ stream, missing: withoutRight(stream, missingIn(stream, window)) }));
  const whole = found.filter(({ missing }) => missing.length === 0).map(({ stream }) => stream);
  const clauses = new Map<string, StreamCoverage[]>();
  for (const { stream, missing } of found) {
    for (const { reason, period } of periodsOf(missing, window)) {
      const isNothing = isNothingMissing(stream, reason);
      // One sentence for a missing right, whatever the period.
      const key = JSON.stringify([
        reason,
        reason === 'refused' && isNothing ? '' : period,
        isNothing && (stream.missingRight ?? stream.unreadable),
      ]);
      clauses.set(key, [...(clauses.get(key) ?? []), stream]);
    }
  }
  const parts = [...clauses].map(([key, concerned]) => {
    const [reason, period] = JSON.parse(key) as [GapReason, string];
    const names = concerned.map(({ stream }) => inSentence(stream));
    const right = reason === 'refused' ? concerned[0]?.missingRight : null;
    if (right === unknownRight) return `BitMart does not show ${listOf(names)} to this key`;
    if (right != null) return `BitMart shows ${listOf(names)} only to keys with the right “${right}”`;
    if (reason === 'refused' && concerned[0]?.unreadable === 'sub-account')
      return `BitMart shows ${listOf(names)} to no key of a sub-account; the history of the main account has them`;
    return reason === 'reach-unknown'
      ? `BitMart returned no ${listOf(names, 'or')}${period}, and does not say how far back it keeps them`
      : clauseTexts[reason](listOf(names), period);
  });
  const complete =
    found.every(({ stream, missing }) => missing.every(({ reason }) => isNothingMissing(stream, reason))) &&
    whole.every(({ through }) => through !== null && Date.parse(through) > window.to - recentMs);
  const head =
    whole.length === 0 ? ' is not complete' : ` is complete for ${namesOf(whole)}${throughText(whole, window)}`;
  return { complete: complete && whole.length > 0, head, clauses: parts };
}

/** A verdict as one sentence, to follow its years. */
export function sentenceOf({ head, clauses }: Pick<Verdict, 'head' | 'clauses'>): string {
  return `${[head, ...clauses].join('; ')}.`;
}

/** Through when the answers reach, if that is before the end of the window, which is now. */
function throughText(streams: readonly StreamCoverage[], window: Range): string {
  const through = least(streams.flatMap((stream) => (stream.through === null ? [] : [Date.parse(stream.through)])));
  return through === null || through >= window.to ? '' : ` through ${dayAndTime(through)}`;
}

/** Time since then is read at one of the next syncs. */
export const recentMs = 2 * 86_400_000;

/** BitMart shows no such account, the right is one that we do not ask for, or no key or list of BitMart can show it. */
function isNothingMissing({ missingRight, unreadable }: StreamCoverage, reason: GapReason): boolean {
  if (reason === 'reach-unknown') return unreadable === 'unprovable';
  return reason === 'not-opened' || (reason === 'refused' && (missingRight != null || unreadable === 'sub-account'));
}

/** Time that this key can't see is not still to come: the reason is given once. */
function withoutRight(stream: StreamCoverage, missing: readonly Missing[]): readonly Missing[] {
  if (stream.missingRight == null) return missing;
  return missing.map((each) => (each.reason === 'not-yet-read' ? { ...each, reason: 'refused' } : each));
}

interface Missing extends Range {
  readonly reason: GapReason;
}

/** Time that no answer covers, with the reason. Time since the last read is not missing: it is stated how far that reached. */
function missingIn(stream: StreamCoverage, window: Range): readonly Missing[] {
  const covered = rangeSet(stream.covered.map(([from, to]) => ({ from: Date.parse(from), to: Date.parse(to) })));
  const throughMs = stream.through === null ? window.from : Date.parse(stream.through);
  const uncovered = difference([window], covered);
  const known = stream.gaps.flatMap(({ from, to, reason }) =>
    intersection(uncovered, [{ from: Date.parse(from), to: Date.parse(to) }]).map((range) => ({ ...range, reason })),
  );
  const isTail = ({ reason, from }: Missing) =>
    reason === 'not-yet-read' && from >= throughMs && window.to - from < recentMs;
  // After the last answer of an account that is no longer read there is no gap; it is stated until when it was read.
  const undeclared = uncovered.filter(({ from }) => from !== throughMs || throughMs <= window.from);
  const unknown = difference(undeclared, rangeSet(known)).map((range) => ({
    ...range,
    reason: 'not-yet-read' as const,
  }));
  return [...known, ...unknown].filter((missing) => !isTail(missing)).sort((a, b) => a.from - b.from);
}

function periodsOf(missing: readonly Missing[], window: Range): readonly { reason: GapReason; period: string }[] {
  return [...new Set(missing.map(({ reason }) => reason))].map((reason) => {
    const same = missing.filter((each) => each.reason === reason);
    const from = Math.min(...same.map((each) => each.from));
    const to = Math.max(...same.map((each) => each.to));
    const several = same.length === 1 ? '' : ` (${same.length} stretches)`;
    return { reason, period: `${periodText({ from, to }, window)}${several}` };
  });
}

function periodText({ from, to }: Range, window: Range): string {
  if (from <= window.from) return to >= window.to ? '' : ` before ${dayAndTime(to)}`;
  return to >= window.to ? ` from ${dayAndTime(from)} on` : ` from ${dayAndTime(from)} to ${dayAndTime(to)}`;
}

const clauseTexts: Readonly<Record<Exclude<GapReason, 'reach-unknown'>, (names: string, period: string) => string>> = {
  'not-yet-read': (names, period) => `${names}${period} have not been read yet`,
  'expired-before-link': (names, period) => `${names}${period} are not available from BitMart`,
  'expired-unread': (names, period) => `${names}${period} were not read while BitMart served them`,
  'too-dense': (names, period) => `${names}${period} may lack records`,
  refused: (names, period) => `${names}${period} are refused: the key may not read them, or BitMart has withdrawn them`,
  'not-opened': (names, period) => `BitMart shows no account for ${names}${period}`,
  quarantined: (names, period) => `${names}${period} hold records that could not be understood yet`,
  'unexpected-answer': (names, period) => `BitMart’s answers about ${names}${period} contradict each other`,
  unanswered: (names, period) => `BitMart does not answer for ${names}${period}`,
};

function namesOf(streams: readonly StreamCoverage[]): string {
  return listOf(streams.map(({ stream }) => inSentence(stream)));
}
