import type { PageEvidence } from '../answers/index.ts';
import { loadParts } from '../database/index.ts';
import { incompleteIn } from '../history/completeness.ts';
import { gapTexts, type IncompleteReason, missingRightText } from '../history/gap-texts.ts';
import { isoTime } from '../history/iso-time.ts';
import type { Stream } from '../history/stream.ts';
import { type Abortable, abortable } from './abort.ts';
import { evidenceOf } from './evidence.ts';
import { closedRangeOf, streamNamed, type Time } from './question.ts';
import type { StreamName } from './record-types.ts';
import type { StoredAccount, StoredAccounts } from './stored-accounts.ts';

/** Whether every record of a range is stored: yes with the pages that prove it, or no with everything that is in the way. */
export type Completeness =
  | { readonly complete: true; readonly pages: readonly PageEvidence[] }
  | { readonly complete: false; readonly gaps: readonly IncompleteStretch[] };

/** A stretch that can't be vouched for. Times are ISO 8601 in UTC with milliseconds, ranges half-open. */
export interface IncompleteStretch {
  readonly from: string;
  readonly to: string;
  readonly reason: IncompleteReason;
  /** What can be done about it. */
  readonly remedy: string;
}

export interface CompletenessQuestion extends Abortable {
  readonly stream: StreamName;
  readonly from: Time;
  readonly to: Time;
}

export async function completenessOf(
  account: StoredAccount,
  accounts: StoredAccounts,
  question: CompletenessQuestion,
): Promise<Completeness> {
  const stream = streamNamed(accounts.streams, question.stream);
  const range = closedRangeOf(question);
  const { accountId } = account;
  return abortable(question.signal, async () => {
    const [parts, timetable] = await Promise.all([accounts.ask(loadParts, accountId), accounts.timetable()]);
    const states = parts.filter((part) => part.stream === stream.name).map((part) => part.state);
    const context = { nowMs: Date.now(), timetable };
    const incomplete = incompleteIn(stream, states, range, context);
    if (incomplete.length === 0)
      return { complete: true, pages: await evidenceOf(accounts, accountId, stream.name, range) };
    const gaps = incomplete.map(({ from, to, reason }) => ({
      from: isoTime(from),
      to: isoTime(to),
      reason,
      remedy: remedyOf(reason, account, stream),
    }));
    return { complete: false, gaps };
  });
}

/** Time alone helps only where reading goes on. */
function remedyOf(reason: IncompleteReason, { status }: StoredAccount, { right }: Stream): string {
  if (reason === 'not-yet-read' || reason === 'not-settled') {
    if (status === 'unlinked') return 'Link its key again: an account that is unlinked is read no more.';
    if (status === 'paused') return 'Resume the account: while it is paused nothing is read.';
  }
  return (reason === 'refused' && right !== undefined ? missingRightText(right) : gapTexts[reason]).remedy;
}
