import { loadParts, readableColumns, type StoredRow } from '../database/index.ts';
import { incompleteIn } from '../history/completeness.ts';
import { isoRanges, isoTime } from '../history/iso-time.ts';
import { intersection, type Range } from '../history/range-set.ts';
import type { Stream } from '../history/stream.ts';
import { summariseStream } from '../history/summary.ts';
import { type Abortable, abortable } from './abort.ts';
import { AccountNotFound, ClientError } from './client-error.ts';
import type { IncompleteStretch } from './completeness.ts';
import type { Cursor } from './cursor.ts';
import { type ExportFormat, rangeOf, streamNamed, type TimeRange } from './question.ts';
import type { StreamName } from './record-types.ts';
import { everyPage, recordPage } from './records.ts';
import { foundAccount, type StoredAccount, type StoredAccounts } from './stored-accounts.ts';

export interface ExportOptions extends TimeRange, Abortable {
  /** @default 'ndjson' */
  readonly format?: ExportFormat | undefined;
  /** In CSV: put an apostrophe before a text that a spreadsheet would run as a formula. @default false */
  readonly spreadsheet?: boolean | undefined;
}

/** The header of an export: what it holds, and what of its range is covered. Times are ISO 8601 in UTC. */
export interface ExportHeader {
  readonly type: 'header';
  readonly accountId: string;
  readonly stream: StreamName;
  /** Null: from the beginning; up to the present. */
  readonly from: string | null;
  readonly to: string | null;
  readonly exportedAt: string;
  /** Every record of the range is in it. */
  readonly complete: boolean;
  readonly covered: readonly (readonly [from: string, to: string])[];
  readonly gaps: readonly Omit<IncompleteStretch, 'remedy' | 'stream'>[];
  readonly columns: readonly string[];
}

export interface Export {
  readonly header: ExportHeader;
  /** The header first, then the records, a few hundred at a time: no more than that is in memory. */
  readonly chunks: AsyncIterable<{ readonly text: string; readonly records: number }>;
}

// Larger pages are hardly faster, and need twice the memory before garbage is collected.
const pageSize = 200;

/** The records of a range as text, the same ones as `records` returns, digit for digit. */
export async function exportOf(
  account: StoredAccount,
  accounts: StoredAccounts,
  question: ExportOptions & { readonly stream: StreamName },
): Promise<Export> {
  const { format = 'ndjson', spreadsheet = false } = question;
  if (spreadsheet && format !== 'csv') {
    throw new ClientError('wrong-usage', '`spreadsheet` is for CSV alone.', "Use the format 'csv', or leave it out.");
  }
  const stream = streamNamed(accounts.streams, question.stream);
  const range = rangeOf(question);
  // Before the first record is read: what is covered now is stored now, so the header's claim holds for the records that
  // follow.
  const header = await abortable(question.signal, () => headerOf(account, accounts, stream, range));
  const write = writers[spreadsheet ? 'spreadsheet' : format];
  return { header, chunks: chunks() };

  async function* chunks() {
    const { accountId, ownerId, createdAt } = account;
    yield { text: write.header(header), records: 0 };
    for await (const records of recordBatches(accounts, accountId, question.stream, question, pageSize)) {
      yield { text: write.records(records, header.columns), records: records.length };
    }
    // If the account was erased or merged away meanwhile, the records seem to end early, and must not pass for a whole export.
    const now = await abortable(question.signal, () => foundAccount(accounts, ownerId, accountId));
    if (now.createdAt.getTime() !== createdAt.getTime()) throw new AccountNotFound(accountId);
  }
}

async function headerOf(
  { accountId }: StoredAccount,
  accounts: StoredAccounts,
  stream: Stream,
  range: Range,
): Promise<ExportHeader> {
  const nowMs = Date.now();
  const [parts, timetable] = await Promise.all([accounts.ask(loadParts, accountId), accounts.timetable()]);
  const states = parts.filter((part) => part.stream === stream.name).map((part) => part.state);
  const asked = {
    from: range.from,
    to: range.to === Number.POSITIVE_INFINITY ? Math.max(nowMs, range.from) : range.to,
  };
  const gaps = incompleteIn(stream, states, asked, { nowMs, timetable });
  const { covered } = summariseStream(stream, states, { nowMs, linked: false, timetable });
  return {
    type: 'header',
    accountId,
    stream: stream.name as StreamName,
    from: optionalTime(range.from),
    to: optionalTime(range.to),
    exportedAt: isoTime(nowMs),
    complete: gaps.length === 0,
    covered: isoRanges(intersection(covered, [asked])),
    gaps: gaps.map(({ from, to, reason }) => ({ from: isoTime(from), to: isoTime(to), reason })),
    columns: readableColumns(stream.table),
  };
}

/** Every record of a range, some at a time. */
export async function* recordBatches(
  accounts: StoredAccounts,
  accountId: string,
  stream: string,
  { from, to, signal }: TimeRange & Abortable,
  limit: number,
): AsyncGenerator<readonly StoredRow[], void, undefined> {
  const page = (after: Cursor) => recordPage(accounts, accountId, stream as never, { from, to, signal, after, limit });
  for await (const { records } of everyPage(undefined, page)) if (records.length > 0) yield records;
}

interface Writer {
  header(header: ExportHeader): string;
  records(records: readonly StoredRow[], columns: readonly string[]): string;
}

const writers: Readonly<Record<ExportFormat | 'spreadsheet', Writer>> = {
  ndjson: {
    header: (header) => `${JSON.stringify(header)}\n`,
    records: jsonLines,
  },
  // The header is one line, so that a tool which can only skip lines, not comments, can leave it out.
  csv: {
    header: csvHeader,
    records: (records, columns) => csv(records.map((record) => columns.map((name) => record[name]))),
  },
  spreadsheet: {
    header: csvHeader,
    records: (records, columns) => csv(records.map((record) => columns.map((name) => harmless(record[name])))),
  },
};

function csvHeader(header: ExportHeader): string {
  return `# ${JSON.stringify(header)}\n${csv([header.columns])}`;
}

/**
 * Characters that begin a formula in spreadsheets, also within quotes; the last four are the full-width forms that East Asian
 * keyboards type. Where a comma is the decimal sign, a spreadsheet splits cells at semicolons or tabs.
 */
const formulaStarts = /(?<=^|[;\t])(?=["' ]*[=+\-@\t\r＝＋－＠])/g;
const decimalNumber = /^[+-]?\d+(\.\d+)?$/;

/** A spreadsheet shows what follows an apostrophe as text. A number stays unchanged, its sign included. */
function harmless(value: unknown): unknown {
  return typeof value !== 'string' || decimalNumber.test(value) ? value : value.replace(formulaStarts, "'");
}

export function jsonLines(documents: readonly unknown[]): string {
  return documents.map((document) => `${JSON.stringify(document)}\n`).join('');
}

/** As RFC 4180 has it, with \n at the end of a line. */
export function csv(lines: readonly (readonly unknown[])[]): string {
  return lines.map((fields) => `${fields.map(csvField).join(',')}\n`).join('');
}

function csvField(value: unknown): string {
  const text = value instanceof Date ? value.toISOString() : String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function optionalTime(instantMs: number): string | null {
  return Number.isFinite(instantMs) ? isoTime(instantMs) : null;
}
