import { addBusyTrader, addCapturedAccount, addMistypedAccount } from './accounts.ts';
import type { DemoRun } from './demo-run.ts';
import type { Installation } from './installation.ts';
import type { WatchedAccount } from './observer.ts';
import { backfill } from './steps/backfill.ts';
import { link, offerLinkPage, showRefusal, showWhereToLook } from './steps/linking.ts';
import { followLive } from './steps/live.ts';
import { open } from './steps/opening.ts';
import { judge } from './steps/verdict.ts';
import type { Screen } from './view/screen.ts';

export interface Outcome {
  readonly run: DemoRun;
  readonly accounts: readonly WatchedAccount[];
  /** Everything that happened is stored as it happened, once. */
  readonly isFlawless: boolean;
}

/** What happens in the demo, in order. */
export async function runScenario(installation: Installation, screen: Screen): Promise<Outcome> {
  const run = await open(installation, screen);
  const alice = await link(run, addBusyTrader(run.exchange));
  const bob = await link(run, addCapturedAccount(run.exchange));
  await showRefusal(run, addMistypedAccount(run.exchange));
  showWhereToLook(run, alice);
  await offerLinkPage(run);
  await backfill(run, alice);
  await followLive(run, [alice, bob]);
  return { run, accounts: [alice, bob], isFlawless: await judge(run, [alice, bob]) };
}
