import type { Coverage, StreamCoverage } from '../../answers/index.ts';
import { bitmartStreams } from '../../bitmart/streams/index.ts';
import { loadParts, provedFrom } from '../../database/index.ts';
import { isoRanges } from '../../history/iso-time.ts';
import { coverageOf } from '../status.ts';
import type { StoredAccount, StoredAccounts } from '../stored-accounts.ts';

interface ArchivedCoverage extends Coverage {
  readonly streams: readonly ArchivedStream[];
}

interface ArchivedStream extends StreamCoverage {
  readonly timeColumn: string;
  /** As many rows, or a suspiciously round number, make a full page, which proves nothing. */
  readonly cap: number;
  /** The path of the rows within an answer. */
  readonly rowsAt: readonly string[];
  /** The stream covers what each of its parts covers. */
  readonly parts: readonly {
    readonly part: string;
    readonly covered: StreamCoverage['covered'];
    /** Version 0.1.0 did not keep a page for everything that it covered before this. Null: every claim has its pages. */
    readonly provedFrom: string | null;
  }[];
}

/** What `coverage` returns, and what a script needs to recompute it from the pages without this program. */
export async function archivedCoverage(account: StoredAccount, accounts: StoredAccounts): Promise<ArchivedCoverage> {
  const { accountId } = account;
  const coverage = await coverageOf(account, accounts, false);
  const parts = await accounts.ask(loadParts, accountId);
  const starts = await accounts.ask(provedFrom, accountId);
  const streams = coverage.streams.flatMap((reported): readonly ArchivedStream[] => {
    const declared = bitmartStreams.find(({ stream }) => stream.name === reported.stream);
    if (declared === undefined) return [];
    const { stream, rowsPath } = declared;
    const ofStream = parts.filter((part) => part.stream === stream.name);
    return [
      {
        ...reported,
        timeColumn: stream.table.timeColumn,
        cap: stream.cap,
        rowsAt: rowsPath,
        parts: ofStream.map(({ part, state }) => ({
          part,
          covered: isoRanges(state.covered),
          provedFrom:
            starts.find((start) => start.stream === stream.name && start.part === part)?.from?.toISOString() ?? null,
        })),
      },
    ];
  });
  return { ...coverage, streams };
}
