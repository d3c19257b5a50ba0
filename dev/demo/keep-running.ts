import type { WatchedAccount } from './observer.ts';
import type { Play } from './play.ts';

const tradeEveryMs = 5_000;

/** Goes on trading now and then, so that whoever looks around sees something happen. Ends by being interrupted. */
export async function keepRunning(play: Play, accounts: readonly WatchedAccount[]): Promise<never> {
  const { screen, stage, trading, observer } = play;
  const [{ character, accountId }] = accounts as [WatchedAccount];
  const { owner } = character;
  screen.print([
    '',
    `Everything goes on, with a trade every ${tradeEveryMs / 1_000} seconds. Look around, in another terminal here:`,
    '',
    `  set -a; . ${stage.envFile}; set +a`,
    `  npm run --silent cli -- status ${accountId} --owner ${owner}`,
    `  npm run --silent cli -- coverage ${accountId} --owner ${owner} --evidence`,
    '  psql "$DATABASE_URL" -c "select * from spot_trade order by traded_at desc limit 5"',
    '',
    `  Postgres     ${stage.databaseUrl}`,
    `  Temporal UI  ${stage.uiUrl}`,
    `  BitMart      ${stage.sandbox.url} (simulated)`,
    '',
    'Ctrl-C ends it and removes everything.',
    '',
  ]);
  trading.start(
    accounts.map((account) => account.character.owner),
    tradeEveryMs,
  );
  return await observer.watchForever();
}
