// A default import, because a platform that only imports the client may run a Node whose zlib has no zstd.
import zlib from 'node:zlib';
import {
  type ArchivedTable,
  answersAfter,
  type Database,
  pagesAfter,
  readableColumns,
  rowsAfter,
} from '../../database/index.ts';
import { isoRanges } from '../../history/iso-time.ts';
import type { Stream } from '../../history/stream.ts';
import { csv, jsonLines, recordBatches } from '../export.ts';
import type { StoredAccounts } from '../stored-accounts.ts';

/** What one archive is made from. */
export interface Source {
  /** A snapshot of one instant. */
  readonly accounts: StoredAccounts;
  readonly accountId: string;
  /** Counted as they are written. */
  readonly counts: { readonly records: Record<string, number>; pages: number; pagesWithoutBytes: number };
  /** Called with records and pages as they are read; throws when they are no longer wanted. */
  readonly read: (count: number) => void;
}

export async function* recordsAsJson(source: Source, stream: Stream): AsyncGenerator<string> {
  let count = 0;
  for await (const records of recordsOf(source, stream.name)) {
    yield jsonLines(records);
    count += records.length;
  }
  source.counts.records[stream.name] = count;
}

export async function* recordsAsCsv(source: Source, { name, table }: Stream): AsyncGenerator<string> {
  const columns = readableColumns(table);
  yield csv([columns]);
  for await (const records of recordsOf(source, name)) {
    yield csv(records.map((record) => columns.map((column) => record[column])));
  }
}

async function* recordsOf({ accounts, accountId, read }: Source, stream: string) {
  for await (const records of recordBatches(accounts, accountId, stream, {}, batchSize)) {
    read(records.length);
    yield records;
  }
}

/** The path of a page's bytes within the archive. */
function pathOfPage(pageId: string): string {
  return `pages/${pageId}.json`;
}

/** Every page without its bytes. */
export async function* pageIndex(source: Source): AsyncGenerator<string> {
  const { counts } = source;
  Object.assign(counts, { pages: 0, pagesWithoutBytes: 0 });
  for await (const pages of pageBatches(source, pagesAfter, batchSize)) {
    counts.pages += pages.length;
    counts.pagesWithoutBytes += pages.filter(({ hasBytes }) => !hasBytes).length;
    yield jsonLines(
      pages.map(({ claim, answered, served, hasBytes, ...page }) => ({
        ...page,
        rows: served,
        claim: isoRanges(claim),
        answered: isoRanges(answered),
        file: hasBytes ? pathOfPage(page.pageId) : null,
      })),
    );
  }
}

/** Every answer whose bytes are kept, as it was received. */
export async function* answers(source: Source) {
  for await (const found of pageBatches(source, answersAfter, answersAtOnce)) {
    for (const { pageId, bytes } of found) yield { path: pathOfPage(pageId), bytes: zlib.zstdDecompressSync(bytes) };
  }
}

/** The pages of the account as a query returns them, some at a time. */
async function* pageBatches<Page extends { readonly pageId: string }>(
  { accounts, accountId, read }: Source,
  query: (database: Database, accountId: string, after: string | null, limit: number) => Promise<readonly Page[]>,
  size: number,
): AsyncGenerator<readonly Page[], void, undefined> {
  let after: string | null = null;
  do {
    const pages: readonly Page[] = await accounts.ask(query, accountId, after, size);
    read(pages.length);
    yield pages;
    after = pages.length === size ? (pages.at(-1)?.pageId ?? null) : null;
  } while (after !== null);
}

/** The rows of a table that stands beside records and pages, as they are stored. */
export async function* tableRows({ accounts, accountId, read }: Source, table: ArchivedTable): AsyncGenerator<string> {
  let after: readonly string[] | null = null;
  do {
    const found: Awaited<ReturnType<typeof rowsAfter>> = await accounts.ask(rowsAfter, {
      table,
      accountId,
      after,
      limit: batchSize,
    });
    read(found.rows.length);
    yield jsonLines(found.rows);
    after = found.next;
  } while (after !== null);
}

/**
 * Small, so that written rows are collected while they are young. With 500 rows and 10 answers at once the process grew to 213
 * MB instead of 145 MB (150,000 records, small young generation: see docs/performance.md).
 */
const batchSize = 100;

/** An answer has at most a megabyte, compressed a tenth of that. */
const answersAtOnce = 2;

export function canDecompress(): boolean {
  return typeof zlib.zstdDecompressSync === 'function';
}
