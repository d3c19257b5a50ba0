import type { DemoRun } from './demo-run.ts';
import type { WatchedAccount } from './observer.ts';

const tradeEveryMs = 5_000;

/** Keeps trading now and then, so that a user who explores the demo sees activity. Ends by an interruption. */
export async function keepRunning(run: DemoRun, accounts: readonly WatchedAccount[]): Promise<never> {
  const { screen, installation, trading, observer, client, exchange } = run;
  const [{ simulated, accountId }] = accounts as [WatchedAccount];
  const { owner } = simulated;
  // The link that was offered first may have expired by now.
  const visitor = exchange.account('dave');
  const [key] = visitor.keys;
  const session = await client.forOwner('dave').createLinkSession({ label: 'Linked by hand' });
  screen.print([
    '',
    `Everything goes on, with a trade every ${tradeEveryMs / 1_000} seconds. Look around, in another terminal here:`,
    '',
    `  set -a; . ${installation.envFile}; set +a`,
    `  npm run --silent cli -- status ${accountId} --owner ${owner}`,
    `  npm run --silent cli -- coverage ${accountId} --owner ${owner} --evidence`,
    '  psql "$DATABASE_URL" -c "select * from spot_trade order by traded_at desc limit 5"',
    '',
    `  Postgres     ${installation.databaseUrl}`,
    `  Temporal UI  ${installation.uiUrl}`,
    `  BitMart      ${installation.sandbox.url} (simulated)`,
    '',
    'Link a key on the connection page (the link works for 30 minutes, and once):',
    '',
    `  ${session.url}`,
    `  API key      ${key?.apiKey}`,
    `  API secret   ${key?.apiSecret}`,
    `  passphrase   ${key?.memo}`,
    '',
    'Ctrl-C ends it and removes everything.',
    '',
  ]);
  trading.start(
    accounts.map((account) => account.simulated.owner),
    tradeEveryMs,
  );
  return await observer.watchForever();
}
