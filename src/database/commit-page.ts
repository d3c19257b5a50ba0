import type pg from 'pg';
import type { DecidePage, PageDecision, PageOutcome, PartReference } from '../history/ports.ts';
import type { Page } from '../history/stream.ts';
import { answerOf, bringsNews, keepPage, pageRow, replaceTail } from './kept-page.ts';
import { lockedPart, noteGapNews, type StoreOptions, writeState } from './part-store.ts';
import { settleQuarantine } from './quarantine.ts';
import { type AnsweredPage, heldRows, mergeRows } from './record-store.ts';
import { tailAfter } from './tail.ts';
import { timedUuid } from './uuid.ts';

export interface PageCommit extends AnsweredPage {
  readonly fence: number;
  readonly decide: DecidePage;
  /** The page that this answer was stored as before, by an earlier mapping. */
  readonly replayOf?: string;
}

/**
 * Commits one page, within a transaction that the caller begins and ends: fence, page, records, quarantine, claim, events.
 * Either all of it is stored or nothing, so coverage never names a record that is missing.
 *
 * Statements that need no answer of each other travel together: three round trips, whatever the number of rows.
 */
export async function commitPage(
  client: pg.PoolClient,
  options: StoreOptions,
  commit: PageCommit,
): Promise<PageOutcome> {
  const { part, fence, page, decide, replayOf = null } = commit;

  // The part is locked and its fence checked. The server executes one statement after the other, so the held rows are read
  // under that lock; meanwhile the answer is compressed.
  const reading = Promise.all([lockedPart(client, part, fence), heldRows(client, commit)]);
  const answer = answerOf(page);
  const [{ state: before, tail: tailBefore }, held] = await reading;

  const decision = decide(before, held);
  requireWholePage(part, page, decision);

  // A page that only extends the last one's claim replaces it; any other is stored under its own id.
  const freshId = timedUuid();
  const row = pageRow({ part, pageId: freshId, page, decision, answer, replayOf });
  const tail = replayOf === null ? tailAfter(tailBefore, { before, decision, page, pageId: freshId }) : null;
  const isReplaced = tail !== null && tail.pageId !== freshId && (await replaceTail(client, row, tail.pageId));
  const pageId = isReplaced ? tail.pageId : freshId;
  const isNews = !isReplaced && bringsNews(decision, before);
  const keeping = isNews || decision.quarantine.length > 0 ? keepPage(client, { part, row, decision, isNews }) : false;
  // A page without other news is kept only for its quarantined rows, and only the database knows which are old.
  const isKept = isReplaced || isNews || (await keeping);

  const [gapNews] = await Promise.all([
    writeState(client, options, {
      part,
      fence,
      state: decision.state,
      confirmedAtMs: isKept ? null : page.clockMs,
      tail: tail && { ...tail, pageId },
    }),
    settleQuarantine(client, part, before, decision.state),
    // Last, because it locks the account's row, for which its other parts wait.
    mergeRows(client, part, pageId, decision),
    keeping,
  ]);
  await noteGapNews(client, part, gapNews);
  return { decision, pageId: isKept ? pageId : null };
}

/** Every served row ends as exactly one of inserted, changed, unchanged, quarantined. */
function requireWholePage(part: PartReference, page: Page, decision: PageDecision): void {
  const { insert, change, unchanged, quarantine } = decision;
  const sum = insert.length + change.length + unchanged + quarantine.length;
  if (sum === page.rows.length) return;
  throw new Error(
    `A page of ${part.stream.name}/${part.part} of account ${part.accountId} served ${page.rows.length} rows but ${sum} ` +
      `were accounted for (${insert.length} inserted, ${change.length} changed, ${unchanged} unchanged, ` +
      `${quarantine.length} quarantined); nothing of the page was stored.`,
  );
}
