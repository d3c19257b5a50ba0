import type { WatchedAccount } from './observer.ts';
import type { Play } from './play.ts';

const tradeEveryMs = 5_000;

/** Goes on trading now and then, so that whoever looks around sees something happen. Ends by being interrupted. */
export async function keepRunning(play: Play, accounts: readonly WatchedAccount[]): Promise<never> {
  const { screen, stage, trading, observer } = play;
  const [{ character, accountId }] = accounts as [WatchedAccount];
  screen.say('');
  screen.say('Everything goes on, with a trade every 5 seconds. Look around, in another terminal here:');
  screen.say(`  set -a; . ${stage.envFile}; set +a`);
  screen.say(`  npm run --silent cli -- status ${accountId} --owner ${character.owner}`);
  screen.say(`  npm run --silent cli -- coverage ${accountId} --owner ${character.owner} --evidence`);
  screen.say('  psql "$DATABASE_URL" -c "select * from spot_trade order by traded_at desc limit 5"');
  screen.say(`  Temporal UI: ${stage.uiUrl}`);
  screen.say('Ctrl-C ends it and removes everything.');
  screen.say('');
  trading.start(
    accounts.map((account) => account.character.owner),
    tradeEveryMs,
  );
  for (;;) await observer.watchFor(tradeEveryMs);
}
