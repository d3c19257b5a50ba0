import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { type Asked, goodAnswer, textOf } from './answers.ts';
import { type Mutation, mutated, mutation } from './mutations.ts';

/** The exchange of the fuzzer, in a separate process, so that the time to make answers is not measured. */
const seed = Number(process.argv[2]);
const random = randomOf(seed);
let batch = 0;
let mutations: Mutation[] = [];
let times = 0;

function next(): Mutation {
  if (mutations.length === 0) mutations = fc.sample(mutation, { seed: seed + batch++, numRuns: 1_000 });
  return mutations.pop() as Mutation;
}

const server = createServer((request, response) => {
  let body = '';
  request.on('data', (piece) => {
    body += piece;
  });
  request.on('end', () => answer(asked(request.url ?? '/', body), response));
  request.on('error', () => {});
});

function answer(request: Asked, response: ServerResponse): void {
  // The clock is wrong now and then; were it mostly, nothing else would be asked.
  const isTime = request.path === '/system/time' && times++ % 10 !== 0;
  if (isTime) return void response.end(textOf(goodAnswer(request, 0, random)));
  const how = next();
  const bytes = mutated(goodAnswer(request, how.rows, random), how);
  response.on('error', () => {});
  if (how.transport === 'reset') return void response.destroy();
  response.writeHead(how.status, {
    'content-type': 'application/json',
    'content-length': bytes.length,
    ...how.headers,
  });
  if (how.transport === 'whole') return void response.end(bytes);
  const half = bytes.length >> 1;
  response.write(bytes.subarray(0, half));
  setTimeout(() => (how.transport === 'cut' ? response.destroy() : response.end(bytes.subarray(half))), 2);
}

function asked(url: string, body: string): Asked {
  const { pathname, searchParams } = new URL(url, 'http://exchange');
  const sent = body === '' ? {} : (JSON.parse(body) as Record<string, string | number>);
  return { path: pathname, parameters: { ...Object.fromEntries(searchParams), ...sent } };
}

/** mulberry32: every run of a seed makes the same answers. */
function randomOf(from: number): () => number {
  let state = from >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit(0));
