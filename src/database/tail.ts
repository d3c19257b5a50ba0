import type { PartState } from '../history/part-state.ts';
import type { PageDecision } from '../history/ports.ts';
import { difference, hull, type Range, sameSet, union } from '../history/range-set.ts';
import type { Page } from '../history/stream.ts';
import { instantMs } from './instants.ts';
import type { CoverageRow } from './schema.ts';

/** The last page of a part that only extended the claim, and the range that no other page proves. */
export interface Tail {
  readonly pageId: string;
  readonly range: Range;
}

export function tailOf({ tail_page_id: pageId, tail }: CoverageRow): Tail | null {
  const found = /^\[([^,]*),([^)]*)\)$/.exec((tail ?? '').replaceAll('"', ''));
  if (pageId === null || !found) return null;
  return { pageId, range: { from: instantMs(found[1] as string), to: instantMs(found[2] as string) } };
}

/**
 * The tail after a page that brought no record and no doubt but proves its whole window: with the same id if this answer alone
 * proves everything that only the tail proved, so that it may replace it; otherwise with a new one. Null if the page is more
 * than that, or the part is not read through yet.
 */
export function tailAfter(
  tail: Tail | null,
  { before, decision, page, pageId }: { before: PartState; decision: PageDecision; page: Page; pageId: string },
): Tail | null {
  const { core, split } = page.question;
  const { insert, change, quarantine, verdict, claim, state, answered = [] } = decision;
  const bringsRows = insert.length + change.length + quarantine.length > 0;
  if (!before.readThrough || bringsRows || split !== undefined) return null;
  if (verdict.kind !== 'proves' || !sameSet(claim, [core])) return null;
  const added = union(difference(union(state.covered, claim), before.covered), difference(answered, before.answered));
  const longer = hull(added);
  if (longer === null || !isWithin(longer, core)) return null;
  if (tail === null || !isWithin(tail.range, core)) return { pageId, range: longer };
  return { pageId: tail.pageId, range: hull(union([tail.range], [longer])) as Range };
}

function isWithin(inner: Range, outer: Range): boolean {
  return inner.from >= outer.from && inner.to <= outer.to;
}
