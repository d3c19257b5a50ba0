import { addBusyTrader, addCapturedAccount, addMistypedAccount } from './cast.ts';
import type { WatchedAccount } from './observer.ts';
import type { Play } from './play.ts';
import type { Stage } from './stage.ts';
import { backfill } from './steps/backfill.ts';
import { link, offerLinkPage, showRefusal, tellWhereToLook } from './steps/linking.ts';
import { followLive } from './steps/live.ts';
import { open } from './steps/opening.ts';
import { judge } from './steps/verdict.ts';
import type { Screen } from './view/screen.ts';

export interface Ending {
  readonly play: Play;
  readonly accounts: readonly WatchedAccount[];
  /** Everything that happened is stored as it happened, once. */
  readonly isFlawless: boolean;
}

/** What happens in the demo, in order. */
export async function tellStory(stage: Stage, screen: Screen): Promise<Ending> {
  const play = await open(stage, screen);
  const alice = await link(play, addBusyTrader(play.exchange));
  const bob = await link(play, addCapturedAccount(play.exchange));
  await showRefusal(play, addMistypedAccount(play.exchange));
  tellWhereToLook(play, alice);
  await offerLinkPage(play);
  await backfill(play, alice);
  await followLive(play, [alice, bob]);
  return { play, accounts: [alice, bob], isFlawless: await judge(play, [alice, bob]) };
}
