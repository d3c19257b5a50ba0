import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { Option } from 'commander';
import type { ArchiveSummary } from '../../client/archive/archive.ts';
import type { Export } from '../../client/export.ts';
import { type ExportFormat, exportFormats } from '../../client/question.ts';
import { type StreamName, streamNames } from '../../client/record-types.ts';
import type { CliCommand, Invocation } from '../command.ts';
import { writeWholeFile } from '../whole-file.ts';

/** `export`, `archive`, `report`: stored data as a file. */
export function registerFileCommands(program: CliCommand): void {
  program
    .command('export')
    .description('write the records of one stream to a file; its first line says what is vouched for')
    .argument('<id>', 'the account')
    .requiredOption('--stream <name>', streamNames.join(', '))
    .option('--from <time>', 'start of the range, ISO 8601, inclusive')
    .option('--to <time>', 'end of the range, ISO 8601, exclusive')
    .addOption(new Option('--format <format>', 'the format of the file').choices(exportFormats).default('csv'))
    .option('--spreadsheet', 'in CSV: put an apostrophe before each text that a spreadsheet would run as a formula')
    .requiredOption('--out <file>', 'the file to write; it appears only when it is complete')
    .examples(
      [
        'a year of spot trades for a spreadsheet',
        'bitmart-sync --owner alice export ID --stream spot-trades --from 2026-01-01 --to 2027-01-01 --spreadsheet --out trades.csv',
      ],
      [
        'everything of a stream for a program',
        'bitmart-sync --owner alice export ID --stream deposits --format ndjson --out deposits.ndjson',
      ],
    )
    .runs(exportStream);
  program
    .command('archive')
    .description('write everything that is stored of an account to one file, with scripts that verify it')
    .argument('<id>', 'the account')
    .requiredOption('--out <file>', 'the .tar.gz to write; it appears only when it is complete')
    .examples(
      ['keep a history beyond the end of BitMart', 'bitmart-sync --owner alice archive ID --out alice.tar.gz'],
      [
        'verify it without this program',
        'tar xzf alice.tar.gz && python3 bitmart-*/verify.py    # or: node bitmart-*/verify.mjs',
      ],
    )
    .runs(archive);
  program
    .command('report')
    .description('write one HTML page: what is stored of an account, what is missing, and the evidence')
    .argument('[id]', 'the account; without it all accounts of --owner; without either the whole fleet (for operators)')
    .requiredOption('--out <file>', 'the page; replaced if it exists')
    .examples(
      ['one account, with everything', 'bitmart-sync --owner alice report ID --out alice.html'],
      ['all accounts of a user', 'bitmart-sync --owner alice report --out alice.html'],
      ['the whole fleet, the soonest loss first', 'bitmart-sync report --out fleet.html'],
    )
    .runs(report);
}

interface ExportFlags {
  readonly stream: string;
  readonly from?: string;
  readonly to?: string;
  readonly format: ExportFormat;
  readonly spreadsheet?: boolean;
  readonly out: string;
}

async function exportStream(invocation: Invocation, accountId: string, flags: ExportFlags): Promise<void> {
  const owner = await invocation.owner();
  const { stream, out, ...options } = flags;
  const made = await owner.export(accountId, stream as StreamName, options);
  const records = await writeWholeFile(out, (file) => writeChunks(file, made, invocation), 'wrong-usage');
  const { complete, gaps } = made.header;
  const document = { accountId, stream, format: flags.format, file: out, records, complete, gaps };
  const vouched = complete
    ? 'Every record of that time is in it.'
    : 'Not every instant of that time can be vouched for; the first line of the file says which.';
  await invocation.output.result(document, () => `${records} records of ${stream} written to ${out}. ${vouched}`);
}

async function writeChunks(file: FileHandle, made: Export, { output }: Invocation): Promise<number> {
  const progress = output.progress('Exporting', 'rows');
  try {
    let written = 0;
    for await (const { text, records } of made.chunks) {
      await file.appendFile(text);
      written += records;
      progress.report({ done: written });
    }
    return written;
  } finally {
    progress.end();
  }
}

interface Written {
  readonly summary: ArchiveSummary | null;
  readonly bytes: number;
  readonly sha256: string;
}

async function archive(invocation: Invocation, accountId: string, { out }: { readonly out: string }): Promise<void> {
  const { output } = invocation;
  const written = await writeWholeFile(out, (file) => writeArchive(invocation, accountId, file), 'wrong-usage');
  const { summary, bytes, sha256 } = written;
  const records = Object.values(summary?.records ?? {}).reduce((sum, count) => sum + count, 0);
  await output.result({ file: out, bytes, sha256, ...summary }, () =>
    [
      `${records} records and ${summary?.pages} answers of BitMart written to ${out}.`,
      `Note the SHA-256 of its manifest, to show later that nothing was changed: ${summary?.manifestSha256}`,
    ].join('\n'),
  );
}

async function writeArchive(invocation: Invocation, accountId: string, file: FileHandle): Promise<Written> {
  const owner = await invocation.owner();
  const progress = invocation.output.progress('Archiving');
  const made = owner.archive(accountId, { onProgress: (share) => progress.report({ share }) });
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of made as AsyncIterable<Buffer>) {
      await file.appendFile(chunk);
      hash.update(chunk);
      bytes += chunk.length;
    }
  } finally {
    progress.end();
  }
  return { summary: made.summary(), bytes, sha256: hash.digest('hex') };
}

async function report(
  invocation: Invocation,
  accountId: string | undefined,
  { out }: { readonly out: string },
): Promise<void> {
  const { output } = invocation;
  const progress = output.progress('Looking at accounts', 'accounts');
  const onProgress = (done: number, total: number) => progress.report({ done, total });
  const isOfOwner = accountId !== undefined || invocation.hasOwner;
  const asked = isOfOwner
    ? invocation.owner().then((owner) => owner.report(accountId ?? null, { onProgress }))
    : invocation.client().then((client) => client.reportEveryOwner({ onProgress }));
  const { html, asOf, accounts, detailed } = await asked.finally(() => progress.end());
  await writeWholeFile(out, (file) => file.writeFile(html));
  const document = { file: out, bytes: Buffer.byteLength(html), asOf, accounts, detailed };
  await output.result(document, () => `Written to ${out}. Accounts: ${accounts}, in detail: ${detailed}.`);
}
