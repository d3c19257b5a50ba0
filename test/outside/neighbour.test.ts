import { createServer, type IncomingMessage, type Server, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { notRefused } from '../support/not-refused.ts';
import { type System, startSystem } from '../support/system.ts';
import { hostileShapes } from './hostile-shapes.ts';

const accounts = 50;
/** So many times from one sync to the next are measured in each phase, over all accounts. */
const measured = 100;
/** What the good accounts may lose to a bad neighbour. */
const maxShare = 1.1;

let system: System;
const servers: Server[] = [];
let hostileKey: string | null = null;
let isHostile = false;
let turn = 0;
/** When each key asked for its spot trades. */
const askedAtMs = new Map<string, number[]>();

async function listen(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The sandbox, but for one account, whose every answer is hostile while that is on. */
function inFrontOf(behind: () => string) {
  return (request: IncomingMessage, response: ServerResponse) => {
    const key = String(request.headers['x-bm-key']);
    if (request.url === '/spot/v4/query/trades') askedAtMs.set(key, [...(askedAtMs.get(key) ?? []), performance.now()]);
    if (isHostile && key === hostileKey) return hostileShapes[turn++ % hostileShapes.length]?.(response);
    const { method, url = '/', headers } = request;
    const forwarded = send(new URL(url, behind()), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 200, answer.headers);
      answer.pipe(response);
    });
    forwarded.on('error', () => response.destroy());
    request.pipe(forwarded);
  };
}

beforeAll(async () => {
  if (process.env.NEIGHBOUR !== '1') return;
  const exchangeUrl = await listen(inFrontOf(() => system.sandbox.url));
  // It takes every connection and answers nothing.
  const receiver = await listen(() => {});
  system = await startSystem({
    workerEnv: {
      BITMART_SPOT_URL: exchangeUrl,
      BITMART_FUTURES_URL: exchangeUrl,
      BITMART_LIMITS: 'published',
      SYNC_INTERVAL: '4s',
      WEBHOOK_URL: receiver,
      WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
      WEBHOOK_ADDRESSES: 'any',
    },
  });
  await system.startWorker();
});
afterAll(async () => {
  await system?.close();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

/** From one sync of a good account to its next, as the exchange sees it: the middle one of all. */
async function period(goodKeys: ReadonlySet<string>): Promise<number> {
  askedAtMs.clear();
  for (;;) {
    const gaps = gapsOf(goodKeys);
    if (gaps.length >= measured) return gaps[gaps.length >> 1] as number;
    await sleep(250);
  }
}

/** Requests of one sync follow each other within a second. */
function gapsOf(goodKeys: ReadonlySet<string>): readonly number[] {
  const gaps = [...askedAtMs].flatMap(([key, times]) =>
    goodKeys.has(key) ? times.slice(1).map((at, i) => at - (times[i] as number)) : [],
  );
  return gaps.filter((ms) => ms > 1_000).sort((a, b) => a - b);
}

/** Figures of time mean something only on a machine that does nothing else: `NEIGHBOUR=1 npm test -- test/outside/neighbour.test.ts`. */
test.runIf(process.env.NEIGHBOUR === '1')(
  '50 accounts are synced as punctually beside a bad neighbour as without one',
  async () => {
    const { exchange } = system.sandbox;
    const added = Array.from({ length: accounts + 1 }, (_, i) =>
      exchange.addAccount({ name: `n${i}`, futuresOpened: false }),
    );
    const [hostile, ...good] = added;
    hostileKey = hostile?.apiKey ?? null;
    for (const { name } of added) exchange.generate(name, { spotTrades: 3, days: 10 });
    const linked = await Promise.all(
      added.map((account) => notRefused(system.client.forOwner(account.name).link(account, { wait: false }))),
    );
    for (const [i, { accountId }] of linked.entries())
      await system.client.forOwner(added[i]?.name ?? '').waitForLive(accountId);
    console.log(`all are live after ${Math.round(performance.now() / 1_000)} s`);
    const goodKeys = new Set(good.map(({ apiKey }) => apiKey));

    const before = await period(goodKeys);
    isHostile = true;
    let spam = 0;
    const spamming = (async () => {
      for (; isHostile; spam++) {
        const credentials = { apiKey: spam.toString(16).padStart(40, 'f'), apiSecret: 'f'.repeat(64), memo: 'm' };
        await notRefused(system.client.forOwner('spammer').link(credentials, { wait: false })).catch(() => {});
        await sleep(100);
      }
    })();
    const beside = await period(goodKeys);
    isHostile = false;
    await spamming;
    const after = await period(goodKeys);

    expect(turn).toBeGreaterThan(hostileShapes.length / 2);
    expect(spam).toBeGreaterThan(30);
    const { rows } = await system.database.query<{ attempts: number }>(
      "select count(*)::int as attempts from key_attempt where owner_id = 'spammer'",
    );
    expect(rows[0]?.attempts).toBe(30);
    console.log(
      `from sync to sync: ${[before, beside, after].map((ms) => `${Math.round(ms)} ms`).join(', ')} (before, beside, after)`,
    );
    // The machine may be busier at one time than at another.
    expect(beside / Math.max(before, after)).toBeLessThan(maxShare);
  },
  900_000,
);
