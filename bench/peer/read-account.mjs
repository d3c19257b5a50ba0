// Reads an account's spot trades with ccxt as its users do, and prints what it got as one line of JSON.
// Usage: node read-account.mjs <url> <apiKey> <apiSecret> <memo> <forwards|backwards> <fromMs> <toMs>
import ccxt from 'ccxt';

const [url, apiKey, secret, uid, direction, from, to] = process.argv.slice(2);
const exchange = new ccxt.bitmart({
  apiKey,
  secret,
  uid,
  enableRateLimit: false,
  options: { defaultType: 'spot' },
});
exchange.urls.api = { spot: url, swap: url };
// Markets are for prices and precisions; trades are read without them.
exchange.markets = {};
exchange.markets_by_id = {};
exchange.symbols = [];

const limit = 200;
const startedMs = performance.now();
const seen = new Set();
let requests = 0;

async function page(since, until) {
  requests++;
  const trades = await exchange.fetchMyTrades(undefined, since, limit, { until });
  for (const trade of trades) seen.add(`${trade.info.tradeId}/${trade.info.orderId}`);
  return trades;
}

if (direction === 'forwards') {
  // From the last trade seen plus one millisecond, until nothing more comes: the loop of ccxt's own manual.
  for (let since = Number(from); since < Number(to); ) {
    const trades = await page(since, Number(to));
    if (trades.length === 0) break;
    since = trades.at(-1).timestamp + 1;
  }
} else {
  // Back from the first trade seen minus one millisecond.
  for (let until = Number(to); until > Number(from); ) {
    const trades = await page(Number(from), until);
    if (trades.length === 0) break;
    until = trades[0].timestamp - 1;
  }
}
console.log(JSON.stringify({ rows: seen.size, requests, elapsedMs: performance.now() - startedMs }));
