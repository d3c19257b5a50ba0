import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerCall } from './answer-call.ts';
import type { Answer, IncomingCall } from './call.ts';
import { controlAnswer, controlPath } from './control.ts';
import { SandboxExchange } from './exchange.ts';
import { passageOf } from './network.ts';
import { Random } from './random.ts';
import type { Switches } from './switches.ts';

export interface SandboxOptions {
  /** Everything that is made up comes from it. @default 1 */
  readonly seed?: number;
  /** @default 0: any free one */
  readonly port?: number;
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** @default as each switch says */
  readonly switches?: Partial<Switches>;
  /** Our clock. @default Date.now */
  readonly now?: () => number;
}

export interface Sandbox {
  readonly url: string;
  readonly port: number;
  readonly exchange: SandboxExchange;
  /** Cuts every connection, those of requests that hang included. */
  close(): Promise<void>;
}

/** Starts a simulated BitMart over HTTP. Both hosts of BitMart, spot and futures, are the same address here. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { seed = 1, port = 0, host = '127.0.0.1', switches = {}, now = Date.now } = options;
  const exchange = new SandboxExchange({ seed, now, switches });
  const random = new Random(seed, 'network');
  const server = createServer({ keepAlive: true, keepAliveTimeout: 60_000 }, (request, response) => {
    serve(exchange, random, request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    port: address.port,
    exchange,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  exchange: SandboxExchange,
  random: Random,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const call = await received(request);
  if (call.path.startsWith(controlPath)) {
    const { httpStatus, text } = controlAnswer(exchange, call);
    await send(response, { httpStatus, text, headers: {} });
    return;
  }
  const { latencyMs, network } = exchange.switches;
  const passage = network && passageOf(network, random);
  await waitFor(latencyMs + (passage?.thereMs ?? 0));
  const outcome = answerCall(exchange, call);
  await waitFor(passage?.backMs ?? 0);
  if (outcome === 'reset' || passage?.isReset) request.socket.resetAndDestroy();
  else if (outcome !== 'hang') await send(response, outcome, passage?.bytesPerSecond);
}

async function waitFor(ms: number): Promise<void> {
  if (ms > 0) await sleep(ms);
}

async function received(request: IncomingMessage): Promise<IncomingCall> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const url = new URL(request.url ?? '/', 'http://sandbox');
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body: Buffer.concat(pieces).toString('utf8'),
    address: (request.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
  };
}

async function send(
  response: ServerResponse,
  answer: Pick<Answer, 'httpStatus' | 'headers' | 'text'>,
  bytesPerSecond: number | null = null,
): Promise<void> {
  const bytes = Buffer.from(answer.text, 'utf8');
  const type = { 'Content-Type': 'application/json', 'Content-Length': bytes.length };
  response.writeHead(answer.httpStatus, { ...type, ...answer.headers });
  if (bytesPerSecond !== null) {
    const step = Math.ceil((bytesPerSecond * trickleMs) / 1_000);
    for (let from = 0; from < bytes.length && !response.destroyed; from += step) {
      await sleep(trickleMs);
      response.write(bytes.subarray(from, from + step));
    }
    response.end();
    return;
  }
  response.end(bytes);
}

/** A slow answer comes in pieces, as far apart as this. */
const trickleMs = 100;
