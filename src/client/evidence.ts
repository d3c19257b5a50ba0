import type { CoverageDifference, PageEvidence, StreamName } from '../answers/index.ts';
import { pagesBehind, verifyCoverage } from '../database/index.ts';
import { isoRanges } from '../history/iso-time.ts';
import type { Range } from '../history/range-set.ts';
import type { StoredAccounts } from './stored-accounts.ts';

const everything = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

/** The pages that prove a stream within a range. */
export async function evidenceOf(
  accounts: StoredAccounts,
  accountId: string,
  stream: string,
  range: Range = everything,
): Promise<readonly PageEvidence[]> {
  const pages = await accounts.ask(pagesBehind, accountId, stream, range);
  return pages.map((page) => ({
    pageId: page.pageId,
    part: page.part,
    claim: isoRanges(page.claim),
    answered: isoRanges(page.answered),
    askedFrom: page.askedFrom.toISOString(),
    askedTo: page.askedTo.toISOString(),
    rows: page.served,
    sha256: page.sha256,
    answeredAt: page.answeredAt.toISOString(),
    storedAt: page.storedAt.toISOString(),
    replayOf: page.replayOf,
  }));
}

/** Where claims differ from what the stored pages prove; usually nowhere. */
export async function differencesOf(
  accounts: StoredAccounts,
  accountId: string,
): Promise<readonly CoverageDifference[]> {
  const parts = await accounts.ask(verifyCoverage, accountId);
  return parts
    .filter(({ agrees }) => !agrees)
    .map(({ stream, part, onlyInCoverage, onlyInPages }) => ({
      stream: stream as StreamName,
      part,
      onlyInCoverage: isoRanges(onlyInCoverage),
      onlyInPages: isoRanges(onlyInPages),
    }));
}
