import { setTimeout as sleep } from 'node:timers/promises';
import { DemoFailure } from '../failure.ts';
import type { WatchedAccount } from '../observer.ts';
import type { Play } from '../play.ts';
import type { Snapshot, StreamSight } from '../snapshot.ts';
import { arriveWithdrawal } from '../trading.ts';
import { secondsText } from '../view/words.ts';

const tradeEveryMs = 250;
const tradingMs = 15_000;
const arrivalWithinMs = 40_000;
const settledWithinMs = 60_000;
const lookEveryMs = 500;

/** Trades happen, a withdrawal arrives, and all of it appears in Postgres. */
export async function followLive(play: Play, accounts: readonly WatchedAccount[]): Promise<void> {
  const { screen, trading, observer, exchange } = play;
  screen.say('Now trades happen in both accounts, four a second, and two withdrawals arrive.');
  const withdrawals = accounts.map((account) => ({
    account,
    ...arriveWithdrawal(exchange, account.character.owner),
  }));
  trading.start(
    accounts.map(({ character }) => character.owner),
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
      for (const { account, id, what } of withdrawals) await arrived(play, account, id, what);
    } finally {
      trading.stop();
      followed.abort();
    }
  };
  await Promise.all([untilSettled(), follow(play, accounts, followed.signal)]);
}

/** Shows the first new trades with everything about them, and how long they took. */
async function follow(play: Play, accounts: readonly WatchedAccount[], signal: AbortSignal): Promise<void> {
  const sinceMs = Date.now();
  const shown = new Set<string>();
  while (!signal.aborted) {
    for (const account of accounts) {
      const { owner } = account.character;
      const trades = await play.stored.youngestTrades(account.accountId, sinceMs);
      const [youngest] = trades;
      if (youngest === undefined) continue;
      play.observer.noteDelay(owner, trades.reduce((sum, trade) => sum + trade.delayMs, 0) / trades.length);
      if (shown.has(owner)) continue;
      shown.add(owner);
      const { what, symbol, side, price, amount, delayMs } = youngest;
      play.screen.say(
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

async function arrived(play: Play, account: WatchedAccount, id: string, what: string): Promise<void> {
  const { owner } = account.character;
  for (const deadlineMs = Date.now() + arrivalWithinMs; Date.now() < deadlineMs; await sleep(lookEveryMs)) {
    if ((await play.stored.statusOfWithdrawal(account.accountId, id)) !== 'success') continue;
    play.screen.say(`  ${owner}'s withdrawal of ${what} went on to success, and is stored so`);
    return;
  }
  throw new DemoFailure(
    `The arrival of ${owner}'s withdrawal ${id} was not stored within ${arrivalWithinMs / 1_000} s.`,
  );
}
