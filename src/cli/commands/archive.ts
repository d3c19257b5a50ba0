import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { Command } from 'commander';
import type { ArchiveSummary } from '../../client/archive/archive.ts';
import { examples } from '../examples.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Invocation, RunCommand } from '../invocation.ts';
import { writeWholeFile } from '../whole-file.ts';

/** `archive`: everything that is known of an account, in one file that can be verified without us. */
export function registerArchiveCommand(program: Command, run: RunCommand): void {
  program
    .command('archive')
    .description('write everything that is known of an account to one file, with scripts that verify it')
    .argument('<id>', 'the account')
    .requiredOption('--out <file>', 'a .tar.gz; it is there when it is whole, never in part')
    .addHelpText(
      'after',
      examples([
        ['keep a history beyond the end of BitMart', 'bitmart-sync --owner alice archive ID --out alice.tar.gz'],
        [
          'verify it, without this program',
          'tar xzf alice.tar.gz && python3 bitmart-*/verify.py    # or: node bitmart-*/verify.mjs',
        ],
      ]),
    )
    .action(run(archive));
}

interface Written {
  readonly summary: ArchiveSummary | null;
  readonly bytes: number;
  readonly sha256: string;
}

async function archive(
  invocation: Invocation,
  accountId: string,
  { out }: { readonly out: string },
): Promise<ExitStatus> {
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
  return exitStatus.done;
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
