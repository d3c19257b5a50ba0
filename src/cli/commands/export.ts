import type { FileHandle } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import type { Export } from '../../client/export.ts';
import { type ExportFormat, exportFormats } from '../../client/question.ts';
import { type StreamName, streamNames } from '../../client/record-types.ts';
import { examples } from '../examples.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Invocation, RunCommand } from '../invocation.ts';
import { writeWholeFile } from '../whole-file.ts';

/** `export`: the records of a stream as a file. */
export function registerExportCommand(program: Command, run: RunCommand): void {
  program
    .command('export')
    .description('write the records of one stream to a file, with what can be vouched for at its head')
    .argument('<id>', 'the account')
    .requiredOption('--stream <name>', streamNames.join(', '))
    .option('--from <time>', 'start of the range, ISO 8601; it belongs to it')
    .option('--to <time>', 'end of the range, ISO 8601; it does not belong to it')
    .addOption(new Option('--format <format>', 'what is written').choices(exportFormats).default('csv'))
    .option('--spreadsheet', 'in CSV: an apostrophe before each text that a spreadsheet would run as a formula')
    .requiredOption('--out <file>', 'where to; it is there when it is whole, never in part')
    .addHelpText(
      'after',
      examples([
        [
          'a year of spot trades for a spreadsheet',
          'bitmart-sync --owner alice export ID --stream spot-trades --from 2026-01-01 --to 2027-01-01 --spreadsheet --out trades.csv',
        ],
        [
          'everything of a stream for a program',
          'bitmart-sync --owner alice export ID --stream deposits --format ndjson --out deposits.ndjson',
        ],
      ]),
    )
    .action(run(exportStream));
}

interface ExportFlags {
  readonly stream: string;
  readonly from?: string;
  readonly to?: string;
  readonly format: ExportFormat;
  readonly spreadsheet?: boolean;
  readonly out: string;
}

async function exportStream(invocation: Invocation, accountId: string, flags: ExportFlags): Promise<ExitStatus> {
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
  return exitStatus.done;
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
