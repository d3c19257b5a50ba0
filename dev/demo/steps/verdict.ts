import { compareAccount } from '../comparison/compare-account.ts';
import { conclusion, isFlawless, verdictTable } from '../comparison/verdict-table.ts';
import type { DemoRun } from '../demo-run.ts';
import type { WatchedAccount } from '../observer.ts';

/** Compares every stored row with the exchange's truth; returns whether everything matches. */
export async function judge(run: DemoRun, accounts: readonly WatchedAccount[]): Promise<boolean> {
  const { screen, exchange, installation, stored } = run;
  const verdicts = await screen.during('Comparing every stored row with what truly happened, field by field', () =>
    Promise.all(
      accounts.map((account) => compareAccount({ exchange, exchangeUrl: installation.sandbox.url, stored }, account)),
    ),
  );
  screen.hide();
  const isAllRight = isFlawless(verdicts);
  const [records, mistakes] = conclusion(verdicts);
  screen.print(['', ...verdictTable(verdicts), '', `${isAllRight ? '✓' : '✗'} ${records}`, `  ${mistakes}`]);
  return isAllRight;
}
