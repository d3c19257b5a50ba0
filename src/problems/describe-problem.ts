import type { CredentialsSlip } from '../history/credentials-slips.ts';
import type { Problem, ProblemCode, ProblemFacts } from '../history/failure.ts';
import { type Gap, isRefusal } from '../history/gap.ts';
import type { Stream } from '../history/stream.ts';
import type { StreamSummary } from '../history/summary.ts';
import { endOf, platformEndOf, type Timetable } from '../history/timetable.ts';
import { en } from '../texts/en.ts';
import type { ProblemText, Texts, Wording } from '../texts/texts.ts';

/** What happened, and what to do about it. */
export interface ProblemWords {
  readonly message: string;
  readonly remedy: string;
}

interface ProblemData {
  readonly code: ProblemCode;
  readonly stream?: string | undefined;
  readonly facts?: ProblemFacts | undefined;
}

/** A problem with its texts for the person who owns the key. */
export function describeProblem({ code, stream, facts = {} }: ProblemData): Problem {
  return {
    code,
    ...userWords({ code, facts }, en),
    ...(stream !== undefined && { stream }),
    facts,
  };
}

export function userWords({ code, facts = {} }: ProblemData, texts: Texts): ProblemWords {
  // Another release of the worker may know more codes.
  return worded(texts.problems[code] ?? texts.problems['unexpected-answer'], facts);
}

/** The texts for those who run the worker. Only they name endpoints and codes of the exchange. */
export function operatorWords({ code, facts = {} }: ProblemData, texts: Texts): ProblemWords {
  const operator = texts.operator ?? (en.operator as NonNullable<Texts['operator']>);
  const { message, remedy } = worded(operator[code] ?? operator['unexpected-answer'], facts);
  return { message: facts.detail ? `${message} ${facts.detail}` : message, remedy };
}

/** The texts for the person whose key could not be checked because of us. */
export function notCheckedWords(facts: ProblemFacts, texts: Texts): ProblemWords {
  return worded(texts.notChecked, facts);
}

function worded({ message, remedy }: ProblemText, facts: ProblemFacts): ProblemWords {
  const say = (wording: Wording) => (typeof wording === 'string' ? wording : wording(facts));
  return { message: say(message), remedy: say(remedy) };
}

export function describeRemarks(about: {
  readonly slips: readonly CredentialsSlip[];
  readonly permissionsUnknown: boolean;
}): readonly string[] {
  const slips = about.slips.map((slip) => en.slips[slip]);
  return about.permissionsUnknown ? [...slips, permissionsUnknown] : slips;
}

const permissionsUnknown =
  'BitMart does not tell what this key may do, so it is not shown that it is read-only. Check in API Management that "Read Only" alone is ticked.';

const noticeMs = 14 * 86_400_000;

/**
 * The problem that a key expires soon, reported two weeks ahead, or that it has; null before, and for a key that does not
 * expire.
 */
export function expiryProblem(expiresAtMs: number | null, nowMs: number): Problem | null {
  if (expiresAtMs === null || expiresAtMs - nowMs > noticeMs) return null;
  const hasExpired = expiresAtMs <= nowMs && { hasExpired: true as const };
  return describeProblem({ code: 'key-expires-soon', facts: { expiresAtMs, ...hasExpired } });
}

/**
 * One notice for all streams that had ended before the account was linked, were read to the end, and of which no record came.
 * What the key may not read, or BitMart has withdrawn, was not read, and has a problem of its own. Null if there are none. It is
 * computed from what was read, so it is not stored.
 */
export function endedNotice(
  streams: readonly Stream[],
  summaries: readonly StreamSummary[],
  timetable: Timetable | null,
): Problem | null {
  const late = new Set(
    summaries
      .filter(({ cameTooLate, rows, gaps, fromMs }) => {
        const isLeft = (gap: Gap) => isRefusal(gap) || (gap.reason === 'not-yet-read' && gap.from < fromMs);
        return cameTooLate && rows === 0 && !gaps.some(isLeft);
      })
      .map(({ stream }) => stream),
  );
  const found = streams.filter(({ name }) => late.has(name));
  const ended = found.flatMap((stream) => {
    const endedAtMs = endOf(stream, [], timetable);
    return endedAtMs === null ? [] : [{ stream: stream.name, endedAtMs }];
  });
  if (ended.length === 0) return null;
  const requestedFromMs = Math.min(...found.map(({ originMs }) => originMs));
  const facts = { ended, requestedFromMs, platformEndMs: platformEndOf(timetable) };
  return describeProblem({ code: 'exchange-closed', facts });
}

/**
 * - `error`: because of it something is not read, or a key is refused
 * - `warning`: everything that is served is read; a person should act, or look
 * - `notice`: no action is needed
 */
export type Severity = 'error' | 'warning' | 'notice';

export function severityOf(code: ProblemCode, facts: ProblemFacts = {}): Severity {
  // The same code is a warning for a key that works, and an error for one that is refused.
  if (facts.isRefused) return 'error';
  if (code === 'exchange-closed') return facts.isEndpointWithdrawn ? 'warning' : 'notice';
  if (facts.notForSubAccounts) return 'notice';
  return warnings.has(code) ? 'warning' : 'error';
}

const warnings: ReadonlySet<ProblemCode> = new Set([
  'key-expires-soon',
  'key-can-withdraw',
  'key-can-trade',
  'same-account',
  'fills-missing',
  'sub-account-needs-own-key',
]);
