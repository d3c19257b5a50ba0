import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, expect } from 'vitest';
import { type BitmartOptions, createBitmartExchange } from '../../src/bitmart/index.ts';
import { streams } from '../../src/bitmart/streams/index.ts';
import { ExchangeFailure } from '../../src/history/failure.ts';
import type { OpenKey } from '../../src/history/ports.ts';
import type { Stream } from '../../src/history/stream.ts';
import { MemoryPace } from '../support/memory-pace.ts';

export const key = {
  credentials: { apiKey: 'canary-key', apiSecret: 'canary-secret', memo: 'canary-memo' },
  fingerprint: 'f1',
};
export const question = { part: 'all', core: { from: 1_700_000_000_000, to: 1_700_000_001_000 } };
const spot = streams.find((stream) => stream.name === 'spot-trades') as Stream;

const closers: (() => Promise<void>)[] = [];
const servers: Server[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

export type Listener = (...of: Parameters<RequestListener>) => void;

/** The adapter against a real socket that answers as the test says; `/system/time` gives our own time unless the test says otherwise. */
export async function against(answers: Listener, options: Partial<BitmartOptions> & { answerTime?: Listener } = {}) {
  const { answerTime = timeOf(Date.now), ...clientOptions } = options;
  const asked: { path: string; headers: Record<string, unknown>; body: string }[] = [];
  let timesAsked = 0;
  const url = await listening((request, response) => {
    let body = '';
    request.on('data', (bytes) => {
      body += bytes;
    });
    request.on('end', () => {
      if (request.url === '/system/time') {
        timesAsked++;
        answerTime(request, response);
        return;
      }
      asked.push({ path: request.url ?? '', headers: request.headers, body });
      answers(request, response);
    });
  });
  const pace = new MemoryPace();
  const exchange = createBitmartExchange({
    spotUrl: url,
    futuresUrl: url,
    limits: 'published',
    rateShare: 1,
    pace,
    timeouts: { connectMs: 500, headersMs: 300, bodyMs: 300 },
    ...clientOptions,
  });
  closers.push(() => exchange.close());
  const { signal } = new AbortController();
  const ask = (as: OpenKey = key) => exchange.open(as).ask(spot, question, signal);
  const measureClock = () => exchange.measureClock(signal);
  return { asked, timesAsked: () => timesAsked, ask, measureClock, pace, exchange };
}

/** The address of a server that answers so until the test ends. */
export async function listening(listener: Listener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export function json(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Listener {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(value));
  };
}

export const noRows = json({ code: 1000, message: 'OK', data: [] });

/** `/system/time` of an exchange with that clock. */
export function timeOf(serverTime: () => unknown, headers: Readonly<Record<string, string>> = {}): Listener {
  return (...of) => json({ code: 1000, message: 'OK', data: { server_time: serverTime() } }, 200, headers)(...of);
}

export async function failureOf(ask: () => Promise<unknown>): Promise<ExchangeFailure> {
  const error = await ask().then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ExchangeFailure)) throw new Error(`no ExchangeFailure but ${inspect(error)}`);
  const shown = `${inspect(error, { depth: 9 })}${JSON.stringify(error)}${error.stack}`;
  for (const secret of Object.values(key.credentials)) expect(shown).not.toContain(secret);
  return error;
}
