import { setTimeout as sleep } from 'node:timers/promises';
import type { DemoRun } from '../demo-run.ts';
import { DemoFailure } from '../failure.ts';
import type { WatchedAccount } from '../observer.ts';
import type { Snapshot, StreamSight } from '../snapshot.ts';
import { arriveWithdrawal } from '../trading.ts';
import { secondsText } from '../view/words.ts';

const tradeEveryMs = 250;
const tradingMs = 15_000;
const arrivalWithinMs = 40_000;
const settledWithinMs = 60_000;
const lookEveryMs = 500;

/** Trades happen, a withdrawal arrives, and all of it appears in Postgres. */
export async function followLive(run: DemoRun, accounts: readonly WatchedAccount[]): Promise<void> {
  const { screen, trading, observer, exchange } = run;
  screen.say('Now trades happen in both accounts, four a second, and two withdrawals arrive.');
  const withdrawals = accounts.map((account) => ({
    account,
    ...arriveWithdrawal(exchange, account.simulated.owner),
  }));
  trading.start(
    accounts.map(({ simulated }) => simulated.owner),
    tradeEveryMs,
  );
  const followed = new AbortController();
  const untilSettled = async () => {
    try {
      await observer.watchFor(tradingMs);
      trading.stop();
      screen.say(`${trading.happened} trades happened; waiting until all of them are stored and settled.`);
      await observer.until(
        (snapshot) => isSettledThrough(snapshot, trading.lastMs),
        'Reading all new trades at a settled age',
        settledWithinMs,
      );
      for (const { account, id, what } of withdrawals) await arrived(run, account, id, what);
    } finally {
      trading.stop();
      followed.abort();
    }
  };
  await Promise.all([untilSettled(), follow(run, accounts, followed.signal)]);
}

/** Shows the first new trades with everything about them, and how long they took. */
async function follow(run: DemoRun, accounts: readonly WatchedAccount[], signal: AbortSignal): Promise<void> {
  const sinceMs = Date.now();
  const shown = new Set<string>();
  while (!signal.aborted) {
    for (const account of accounts) {
      const { owner } = account.simulated;
      const trades = await run.stored.youngestTrades(account.accountId, sinceMs);
      const [youngest] = trades;
      if (youngest === undefined) continue;
      run.observer.noteDelay(owner, trades.reduce((sum, trade) => sum + trade.delayMs, 0) / trades.length);
      if (shown.has(owner)) continue;
      shown.add(owner);
      const { what, symbol, side, price, amount, delayMs } = youngest;
      run.screen.say(
        `  stored for ${owner}: ${what} ${symbol} ${side} ${amount} at ${price}, ${secondsText(delayMs)} after it happened`,
      );
    }
    await sleep(lookEveryMs, undefined, { signal }).catch(() => {});
  }
}

function isSettledThrough(snapshot: Snapshot, instantMs: number): boolean {
  const isSettled = ({ settledThroughMs }: StreamSight) => settledThroughMs !== null && settledThroughMs > instantMs;
  const tradesOf = (streams: readonly StreamSight[]) => streams.filter(({ stream }) => stream.endsWith('-trades'));
  return snapshot.accounts.every(({ streams, status }) => status === 'live' && tradesOf(streams).every(isSettled));
}

async function arrived(run: DemoRun, account: WatchedAccount, id: string, what: string): Promise<void> {
  const { owner } = account.simulated;
  for (const deadlineMs = Date.now() + arrivalWithinMs; Date.now() < deadlineMs; await sleep(lookEveryMs)) {
    if ((await run.stored.statusOfWithdrawal(account.accountId, id)) !== 'success') continue;
    run.screen.say(`  ${owner}'s withdrawal of ${what} went on to success, and is stored so`);
    return;
  }
  throw new DemoFailure(
    `The arrival of ${owner}'s withdrawal ${id} was not stored within ${arrivalWithinMs / 1_000} s.`,
  );
}
