import type { BalancesVerdict, PageEvidence, UnreadableStream } from '../answers/index.ts';
import { loadParts } from '../database/index.ts';
import { incompleteIn } from '../history/completeness.ts';
import type { IncompleteReason } from '../history/gap.ts';
import { isoTime } from '../history/iso-time.ts';
import type { Stream } from '../history/stream.ts';
import { summariseStreams, verdictOn } from '../history/summary.ts';
import { gapTexts, missingRightText } from '../problems/gap-texts.ts';
import { evidenceOf } from './evidence.ts';
import { closedRangeOf, streamNamed, type Time } from './question.ts';
import type { StreamName } from './record-types.ts';
import { balancesVerdict, unreadableStream } from './status.ts';
import type { StoredAccount, StoredAccounts } from './stored-accounts.ts';

/** Whether every record of a range is stored: either yes, with the pages that prove it, or no, with every gap. */
export type Completeness = (
  | { readonly complete: true; readonly pages: readonly PageEvidence[] }
  | { readonly complete: false; readonly gaps: readonly IncompleteStretch[] }
) & {
  /** Those of the requested streams that can't become complete. The verdict on `all` leaves them out. */
  readonly unreadable: readonly UnreadableStream[];
  /** A second witness of the whole account; neither overrules the other. Null until balances were compared. */
  readonly balances: BalancesVerdict | null;
};

/** A stretch that can't be vouched for. Times are ISO 8601 in UTC with milliseconds, ranges half-open. */
export interface IncompleteStretch {
  readonly stream: StreamName;
  readonly from: string;
  readonly to: string;
  readonly reason: IncompleteReason;
  /** What can be done about it. */
  readonly remedy: string;
}

export async function completenessOf(
  account: StoredAccount,
  accounts: StoredAccounts,
  question: { readonly stream: StreamName | 'all'; readonly from: Time; readonly to: Time },
): Promise<Completeness> {
  const named = question.stream === 'all' ? null : streamNamed(accounts.streams, question.stream);
  const range = closedRangeOf(question);
  const { accountId } = account;
  const [parts, timetable] = await Promise.all([accounts.ask(loadParts, accountId), accounts.timetable()]);
  const context = { nowMs: Date.now(), timetable };
  const asked = named === null ? accounts.streams : [named];
  const isBackfilling = account.status === 'backfilling';
  const { unreadable } = verdictOn(summariseStreams(asked, parts, { ...context, linked: false, isBackfilling }));
  const judged = named === null ? asked.filter(({ name }) => !unreadable.some(({ stream }) => stream === name)) : asked;
  const gaps = judged.flatMap((stream) => {
    const states = parts.filter((part) => part.stream === stream.name).map((part) => part.state);
    return incompleteIn(stream, states, range, context).map(({ from, to, reason }) => ({
      stream: stream.name as StreamName,
      from: isoTime(from),
      to: isoTime(to),
      reason,
      remedy: remedyOf(reason, account, stream),
    }));
  });
  const left = { unreadable: unreadable.map(unreadableStream), balances: balancesVerdict(account) };
  // If no stream can be read, nothing is complete.
  if (gaps.length > 0 || judged.length === 0) return { complete: false, gaps, ...left };
  const pages = await Promise.all(judged.map(({ name }) => evidenceOf(accounts, accountId, name, range)));
  return { complete: true, pages: pages.flat(), ...left };
}

/** What the next reads of the account may bring. */
const readLater: ReadonlySet<IncompleteReason> = new Set([
  'not-yet-read',
  'not-settled',
  'unexpected-answer',
  'unanswered',
]);

/** Waiting helps only while the account is read. */
function remedyOf(reason: IncompleteReason, { status }: StoredAccount, { right }: Stream): string {
  if (readLater.has(reason)) {
    if (status === 'closed')
      return 'Nothing more is read of this account; only a file of the BitMart website can have it.';
    if (status === 'unlinked') return 'Link its key again: an account that is unlinked is read no more.';
    if (status === 'paused') return 'Resume the account: while it is paused nothing is read.';
  }
  return (reason === 'refused' && right !== undefined ? missingRightText(right) : gapTexts[reason]).remedy;
}
