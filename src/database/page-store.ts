import type pg from 'pg';
import type { PartState } from '../history/part-state.ts';
import type { DecidePage, PageDecision, PageOutcome, PartReference } from '../history/ports.ts';
import { difference, type RangeSet, rangeSet } from '../history/range-set.ts';
import type { Page } from '../history/stream.ts';
import { multirangeText } from './instants.ts';
import { type AnswerValues, answerValues, bringsNews, newPageId, pageValues } from './page-row.ts';
import { keepPage, replaceTail, resolveCovered } from './page-statements.ts';
import { lockedPart, noteGapNews, type StoreOptions, scopeOf, writeState } from './part-store.ts';
import { type AnsweredPage, heldRows, mergeRows } from './record-store.ts';
import { type Tail, tailAfter } from './tail.ts';

export interface PageCommit extends AnsweredPage {
  readonly fence: number;
  readonly decide: DecidePage;
  /** The page that this answer was when it was stored before, by an earlier mapping. */
  readonly replayOf?: string;
}

/** One page within a transaction that somebody else begins and ends. */
export async function commitPage(
  client: pg.PoolClient,
  options: StoreOptions,
  commit: PageCommit,
): Promise<PageOutcome> {
  const { part, fence, page, decide, replayOf = null } = commit;
  // Held rows are read under the part's lock: the server takes one statement after the other.
  const reading = Promise.all([lockedPart(client, part, fence), heldRows(client, commit)]);
  const answer = answerValues(page);
  const [{ state: before, tail: tailBefore }, held] = await reading;
  const decision = decide(before, held);
  requireWholePage(part, page, decision);

  const freshId = newPageId();
  const tail = replayOf === null ? tailAfter(tailBefore, { before, decision, page, pageId: freshId }) : null;
  const replaced =
    tail !== null && tail.pageId !== freshId && (await replacePage(client, commit, decision, tail, answer));
  const pageId = replaced ? (tail as Tail).pageId : freshId;
  const news = !replaced && bringsNews(decision, before);
  // Whether a page without other news is kept depends on its quarantined rows: only the database knows the old ones.
  const storing =
    news || decision.quarantine.length > 0
      ? storePage(client, pageValues({ part, pageId, page, decision, news, answer, replayOf }))
      : Promise.resolve(false);
  const kept = replaced || news || (await storing);
  const confirmedAtMs = kept ? null : page.clockMs;
  const [gapNews] = await Promise.all([
    writeState(client, options, {
      part,
      fence,
      state: decision.state,
      confirmedAtMs,
      tail: tail && { ...tail, pageId },
    }),
    resolveAside(client, part, before, decision.state),
    // Last, because from here on the other parts of the account wait for us.
    mergeRows(client, part, pageId, decision),
    storing,
  ]);
  await noteGapNews(client, part, gapNews);
  return { decision, pageId: kept ? pageId : null };
}

/** False where the page to replace is gone. */
async function replacePage(
  client: pg.PoolClient,
  { part, page }: PageCommit,
  decision: PageDecision,
  { pageId }: Tail,
  answer: AnswerValues,
): Promise<boolean> {
  const all = pageValues({ part, pageId, page, decision, news: false, answer, replayOf: null });
  const values = [...all.slice(0, 20), multirangeText(decision.answered ?? [])];
  const { rowCount } = await client.query({ ...replaceTail, values });
  return rowCount === 1;
}

async function storePage(client: pg.PoolClient, values: readonly unknown[]): Promise<boolean> {
  const { rowCount } = await client.query({ ...keepPage, values: [...values] });
  return rowCount === 1;
}

/** Where a gap `quarantined` was closed, what stood aside there is settled. */
async function resolveAside(
  client: pg.PoolClient,
  part: PartReference,
  before: PartState,
  after: PartState,
): Promise<void> {
  const closed = difference(quarantineOf(before), quarantineOf(after));
  if (closed.length === 0) return;
  await client.query({ ...resolveCovered, values: [...scopeOf(part), multirangeText(after.covered)] });
}

function quarantineOf(state: PartState): RangeSet {
  return rangeSet(state.marks.filter((mark) => mark.reason === 'quarantined'));
}

function requireWholePage(part: PartReference, page: Page, decision: PageDecision): void {
  const { insert, change, unchanged, quarantine } = decision;
  const sum = insert.length + change.length + unchanged + quarantine.length;
  if (sum === page.rows.length) return;
  throw new Error(
    `A page of ${part.stream.name}/${part.part} served ${page.rows.length} rows but ${sum} were accounted for ` +
      `(${insert.length} inserted, ${change.length} changed, ${unchanged} unchanged, ${quarantine.length} quarantined); ` +
      'nothing of the page was stored.',
  );
}
