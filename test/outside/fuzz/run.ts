import { fork } from 'node:child_process';
import { once } from 'node:events';
import { inspect, parseArgs } from 'node:util';
import { type BitmartExchange, createBitmartExchange } from '../../../src/bitmart/exchange.ts';
import { ExchangeFailure } from '../../../src/history/failure.ts';
import { createBudget } from '../../../src/history/part-reading.ts';
import type { OpenKey } from '../../../src/history/ports.ts';
import { readAccount } from '../../../src/history/read-account.ts';
import { MemoryStore } from '../../simulation/memory-store.ts';
import { MemoryPace } from '../../support/memory-pace.ts';
import { LoopStalls } from '../loop-stalls.ts';
import { findingsIn } from './oracle.ts';

/**
 * `npm run fuzz -- --answers N [--seed S]`: answers of a hostile exchange through the real client, over a socket, and the real
 * engine. The last line is the verdict; exit status 1 when anything was found.
 */
const { values } = parseArgs({
  options: { answers: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } },
});
const wanted = Number(values.answers);

const maxStallMs = 50;
const maxMemoryMb = 300;
/** So many accounts are read side by side. */
const accountsAtOnce = 12;

const key: OpenKey = {
  credentials: {
    apiKey: 'canary-key-of-the-fuzzer',
    apiSecret: 'canary-secret-of-the-fuzzer',
    memo: 'canary-memo-of-the-fuzzer',
  },
  fingerprint: 'f',
};
const settings = { rereadWindowMs: 86_400_000, settleLagMs: 10_000, timetable: null };
const findings = new Map<string, { count: number; example: string }>();
const outcomes = new Map<string, number>();
let answers = 0;
let pages = 0;
let rows = 0;
let claims = 0;
let longestStallMs = 0;
let memoryMb = 0;

function found(what: string, example: unknown): void {
  const known = findings.get(what);
  if (known) known.count++;
  else findings.set(what, { count: 1, example: inspect(example, { depth: 6, maxStringLength: 400 }).slice(0, 3_000) });
}
process.on('unhandledRejection', (reason) => found('an unhandled rejection', reason));
process.on('uncaughtException', (error) => found('an uncaught exception', error));

const exchangeProcess = fork(new URL('exchange-process.ts', import.meta.url), [values.seed], { execArgv: [] });
const [port] = (await once(exchangeProcess, 'message')) as [number];
const stalls = new LoopStalls();
const watch = setInterval(look, 250);

function look(): void {
  const stallMs = stalls.takeLongestMs();
  if (stallMs > maxStallMs)
    found('the event loop was held for more than 50 ms', `${stallMs.toFixed(0)} ms after ${answers} answers`);
  longestStallMs = Math.max(longestStallMs, stallMs);
  memoryMb = Math.max(memoryMb, process.memoryUsage.rss() / 1e6);
}

function opened(): BitmartExchange {
  const url = `http://127.0.0.1:${port}`;
  return createBitmartExchange({
    spotUrl: url,
    futuresUrl: url,
    limits: 'none',
    rateShare: 1,
    pace: new MemoryPace(),
    retryPausesMs: [0, 0],
    onRequest: ({ outcome }) => {
      answers++;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    },
    onExchangeWords: (words) => shown('words', words),
  });
}

/** No report of an answer may hold what was sent, or control characters for a terminal. */
function shown(where: string, said: unknown): void {
  const text = typeof said === 'string' ? said : JSON.stringify(said);
  if (text.includes('canary')) found(`${where} tell what was sent`, text);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly those are looked for
  if (/\\u00[01][0-9a-f]|[\u0000-\u0008\u000b-\u001f\u2028\u202e]/.test(text))
    found(`${where} hold control characters`, text);
}

async function oneAccount(accountId: string): Promise<void> {
  const exchange = opened();
  const store = new MemoryStore();
  const { signal } = new AbortController();
  store.observe = (reference, page, decision) =>
    stalls.leaveOut(() => {
      pages++;
      rows += decision.insert.length;
      claims += decision.claim.length;
      for (const finding of findingsIn(reference, page, decision)) {
        found(finding, {
          question: page.question,
          decision: decision.verdict,
          text: Buffer.from(page.bytes).toString(),
        });
      }
      shown('traces', page.trace ?? '');
      // Postgres keeps these; here they would only be held in memory.
      store.part(reference).aside.clear();
    });
  try {
    for (let round = 0; round < 4 && answers < wanted; round++) {
      const reader = exchange.open(key);
      const budget = createBudget({ pages: 60, durationMs: 60_000 });
      const context = { exchange, reader, store, settings, keyId: 'k', budget, signal };
      const results = await readAccount(context, {
        accountId,
        streams: exchange.streams,
        onError: (error, stream) => found(`reading ${stream.name} failed with ${(error as Error).name}`, error),
      });
      for (const { blocked } of results) shown('failures', blocked);
      const report = await reader.check({ subAccount: null }, signal);
      shown('key reports', report);
      if (report.keyExpiresAtMs !== null) new Date(report.keyExpiresAtMs).toISOString();
      for (const { refusal } of (await reader.balances?.(signal)) ?? []) shown('balances', refusal);
      for (const { refusal } of (await reader.pairBalances?.(signal)) ?? []) shown('balances', refusal);
    }
  } catch (error) {
    if (error instanceof ExchangeFailure) shown('failures', error.details);
    else found(`an error that is none of the exchange: ${(error as Error).name}`, error);
  } finally {
    await exchange.close();
  }
}

const startedMs = performance.now();
let accounts = 0;
await Promise.all(
  Array.from({ length: accountsAtOnce }, async () => {
    while (answers < wanted) await oneAccount(`a${accounts++}`);
  }),
);
look();
clearInterval(watch);
stalls.stop();
exchangeProcess.kill();

if (memoryMb > maxMemoryMb) found('more memory was used than 300 MB', `${memoryMb.toFixed(0)} MB`);
if (claims === 0 || rows === 0) found('nothing was claimed at all: nothing was shown', '');
for (const [what, { count, example }] of findings) console.log(`FOUND ${count}x ${what}\n${example}\n`);
console.log(
  [...outcomes]
    .sort(([, a], [, b]) => b - a)
    .map(([outcome, count]) => `${outcome} ${count}`)
    .join(', '),
);
const seconds = (performance.now() - startedMs) / 1_000;
console.log(
  `${findings.size === 0 ? 'nothing found' : `${findings.size} kinds of findings`} in ${answers} answers (seed ${values.seed}, ${seconds.toFixed(0)} s): ` +
    `${pages} pages, ${rows} rows stored, ${claims} claims; longest stall ${longestStallMs.toFixed(1)} ms, memory ${memoryMb.toFixed(0)} MB`,
);
process.exit(findings.size === 0 ? 0 : 1);
