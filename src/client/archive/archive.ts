import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';
import { bitmartStreams } from '../../bitmart/streams/index.ts';
import { archivePage } from '../../report/archive-page.ts';
import { type Abortable, assertNotAborted } from '../abort.ts';
import { Aborted, ClientError } from '../client-error.ts';
import { reconciliationOf } from '../reconciliation.ts';
import { reportOfAccount } from '../report.ts';
import { foundAccount, type StoredAccount, type StoredAccounts } from '../stored-accounts.ts';
import { answers, canDecompress, pageIndex, recordsAsCsv, recordsAsJson, type Source, tableRows } from './contents.ts';
import { archivedCoverage } from './coverage.ts';
import { TarWriter } from './tar.ts';

export interface ArchiveOptions extends Abortable {
  /** Called with the share of the work that is done, 0 to 1. */
  readonly onProgress?: ((share: number) => void) | undefined;
}

export interface ArchiveSummary {
  readonly accountId: string;
  /** The instant that everything in it is of. */
  readonly asOf: string;
  readonly records: Readonly<Record<string, number>>;
  readonly pages: number;
  /** Pages of which only the hash is kept: answers without a row. */
  readonly pagesWithoutBytes: number;
  readonly files: number;
  /** SHA-256 of manifest.json, which lists that of every file. Noted elsewhere, it shows that nothing was changed since. */
  readonly manifestSha256: string;
}

/** The bytes of a `.tar.gz`. */
export interface Archive extends Readable {
  /** Null until all of it was read. */
  readonly summary: () => ArchiveSummary | null;
}

interface Wanted extends ArchiveOptions {
  readonly ownerId: string;
  readonly accountId: string;
}

/** Everything that is stored of one account, in one file that can be verified without us. Reads when it is read. */
export function archiveOf(accounts: StoredAccounts, wanted: Wanted): Archive {
  let summary: ArchiveSummary | null = null;
  const bytes = gzipped(
    tarFile(accounts, wanted, (made) => {
      summary = made;
    }),
    wanted.signal,
  );
  const stream = Readable.from(bytes, { objectMode: false });
  const { signal } = wanted;
  const stop = () => void stream.destroy(new Aborted(signal?.reason));
  signal?.addEventListener('abort', stop, { once: true });
  stream.once('close', () => signal?.removeEventListener('abort', stop));
  // Whoever reads it gets its error; without this one that comes before would end the process.
  stream.on('error', () => undefined);
  return Object.assign(stream, { summary: () => summary });
}

async function* gzipped(
  source: AsyncGenerator<Uint8Array>,
  signal: Abortable['signal'],
): AsyncGenerator<Uint8Array, void, undefined> {
  const gzip = createGzip();
  const write = promisify((chunk: Uint8Array, done: (error?: Error | null) => void) => gzip.write(chunk, done));
  const compress = async () => {
    // One after the other, so that no chunks queue up in memory.
    for await (const chunk of source) await write(chunk);
    gzip.end();
  };
  compress().catch((error) => gzip.destroy(error));
  const stop = () => void gzip.destroy(new Aborted(signal?.reason));
  signal?.addEventListener('abort', stop, { once: true });
  try {
    yield* gzip;
  } finally {
    signal?.removeEventListener('abort', stop);
    // A reader that goes away leaves a chunk half written, and `compress` would wait for it indefinitely.
    const ended = source.return(undefined).catch(() => undefined);
    // A query that hangs keeps the source from ending.
    if (!signal?.aborted) await ended;
  }
}

async function* tarFile(accounts: StoredAccounts, wanted: Wanted, onMade: (summary: ArchiveSummary) => void) {
  const { ownerId, accountId, signal } = wanted;
  assertNotAborted(signal);
  if (!canDecompress()) {
    const message = `Node ${process.versions.node} can't read the stored answers: it has no zstd.`;
    throw new ClientError('not-available', message, 'Run Node 22.15 or newer.');
  }
  const snapshot = await accounts.snapshot();
  try {
    assertNotAborted(signal);
    const account = await foundAccount(snapshot, ownerId, accountId);
    yield* filesOf(account, snapshot, wanted, onMade);
  } finally {
    await snapshot.close();
  }
}

async function* filesOf(
  account: StoredAccount,
  accounts: StoredAccounts,
  { signal, onProgress }: Wanted,
  onMade: (summary: ArchiveSummary) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { accountId } = account;
  const coverage = await archivedCoverage(account, accounts);
  const reconciliation = await reconciliationOf(account, accounts);
  const { asOf } = coverage;
  const steps = 4 * coverage.streams.reduce((sum, { rows }) => sum + rows, 0);
  let done = 0;
  const source: Source = {
    accounts,
    accountId,
    counts: { records: {}, pages: 0, pagesWithoutBytes: 0 },
    read: (count) => {
      assertNotAborted(signal);
      done += count;
      onProgress?.(Math.min(1, done / Math.max(1, steps)));
    },
  };
  const tar = new TarWriter(`bitmart-${accountId.replace(/[^\w-]/g, '_').slice(0, maxFolderId)}`, new Date(asOf));

  yield* tar.file('index.html', archivePage(account, coverage));
  yield* tar.file('report.html', (await reportOfAccount(accounts, account)).html);
  for (const name of ['verify.mjs', 'verify.py']) {
    yield* tar.file(name, await readFile(new URL(`assets/${name}`, import.meta.url), 'utf8'));
  }
  yield* tar.file('coverage.json', json(coverage));
  yield* tar.file('reconciliation.json', json(reconciliation));
  for (const { stream } of bitmartStreams) {
    yield* tar.file(`records/${stream.name}.ndjson`, () => recordsAsJson(source, stream));
    yield* tar.file(`records/${stream.name}.csv`, () => recordsAsCsv(source, stream));
  }
  for (const [table, path] of tables) yield* tar.file(path, () => tableRows(source, table));
  for await (const { path, bytes } of answers(source)) yield* tar.file(path, bytes);
  yield* tar.file('pages.ndjson', () => pageIndex(source));

  const manifest = json({
    format: 'bitmart-sync archive 1',
    ...aboutOf(account),
    asOf,
    ...source.counts,
    files: tar.files,
  });
  const manifestSha256 = createHash('sha256').update(manifest).digest('hex');
  yield* tar.file('manifest.json', manifest);
  yield* tar.file('manifest.sha256', `${manifestSha256}  manifest.json\n`);
  yield tar.end();
  onMade({ accountId, asOf, ...source.counts, files: tar.files.length, manifestSha256 });
}

/** Together with the longest path of a page, the name still fits into a tar header. */
const maxFolderId = 40;

const tables = [
  ['record_version', 'earlier-versions.ndjson'],
  ['quarantined_row', 'quarantined-rows.ndjson'],
  ['balance_snapshot', 'balances.ndjson'],
] as const;

function aboutOf({ ownerId, accountId, exchange, exchangeAccountId, label, subAccount, linkedAt }: StoredAccount) {
  return { account: { accountId, ownerId, exchange, exchangeAccountId, label, subAccount, linkedAt } };
}

function json(document: unknown): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}
