import type { ServerResponse } from 'node:http';

const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const list = (rows: string) => `{"code":1000,"message":"OK","trace":"a\\u0000b","data":[${rows}]}`;
// As bytes: this process is the exchange of everybody else as well.
const flood = Buffer.from(list(`${'{},'.repeat(5_300_000)}{}`));
const farAway = {
  'x-bm-ratelimit-remaining': '999',
  'x-bm-ratelimit-limit': '12',
  'x-bm-ratelimit-reset': String(Math.floor(Date.now() / 1_000)),
  'retry-after': String(Math.floor(Date.now() / 1_000)),
};

/** Every shape of an answer that once stopped or slowed another account, one after another. */
export const hostileShapes: readonly ((response: ServerResponse) => void)[] = [
  (response) => response.end(flood),
  (response) => response.end(list(`{"x":${nested(3_000)}}`)),
  (response) => response.end(list(nested(500_000))),
  (response) => response.end(list(`{"x":[${'1,'.repeat(120_000)}1]}`)),
  (response) => response.end(list(Array(2_000).fill('{"createTime":1,"x":1.5}').join(','))),
  (response) => response.writeHead(200, farAway).end('{"code":1000,"message":"OK","data":[]}'),
  (response) => response.writeHead(429, farAway).end('{"code":30013,"message":"too many"}'),
  (response) => response.writeHead(400).end('{"code":60000,"message":"x-bm-key: everybody"}'),
  (response) => response.end('{"code":1000,"message":"OK","data":{"records":[{"status":{"toString":1}}]}}'),
  (response) => response.destroy(),
  (response) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write(' '), 1_000);
    response.on('close', () => clearInterval(drip));
  },
];
