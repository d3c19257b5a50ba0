import { compareAccount } from '../comparison/compare-account.ts';
import { conclusion, isFlawless, verdictTable } from '../comparison/verdict-table.ts';
import type { WatchedAccount } from '../observer.ts';
import type { Play } from '../play.ts';

/** Compares every stored row with the exchange's truth; returns whether everything matches. */
export async function judge(play: Play, accounts: readonly WatchedAccount[]): Promise<boolean> {
  const { screen, exchange, stage, stored } = play;
  const verdicts = await screen.during('Comparing every stored row with what truly happened, field by field', () =>
    Promise.all(
      accounts.map((account) => compareAccount({ exchange, exchangeUrl: stage.sandbox.url, stored }, account)),
    ),
  );
  screen.hide();
  const isAllRight = isFlawless(verdicts);
  const [records, mistakes] = conclusion(verdicts);
  screen.print(['', ...verdictTable(verdicts), '', `${isAllRight ? '✓' : '✗'} ${records}`, `  ${mistakes}`]);
  return isAllRight;
}
