/** What the examples take for granted, as TypeScript: a platform with an account whose history is read. */
export const givenToExamples = `
import { writeFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { Webhook } from 'standardwebhooks';
import { startTestWorker } from 'bitmart-sync-worker/test';

const { DATABASE_URL: databaseUrl = '', TEMPORAL_ADDRESS: temporalAddress = '' } = process.env;
const worker = await startTestWorker({ databaseUrl, temporalAddress });
const { client, exchange } = worker;
const publicKey = worker.clientOptions.publicKey ?? '';
const { name, ...credentials } = exchange.addAccount();
// Without BitMart's own id of the account, a second key of it makes a duplicate.
exchange.inject({ fault: 'error', code: 30012, httpStatus: 403, endpoint: '/uapi-key/v1/account/info', account: name });
const { apiKey, apiSecret, memo } = credentials;
exchange.generate(name, { spotTrades: 50, deposits: 3, days: 30 });
const user = { id: 'alice' };
const owner = client.forOwner(user.id);
const { accountId } = await owner.link(credentials);
if (accountId === null) throw new Error('The key was refused.');
await owner.waitForLive(accountId);
const [original, { accountId: duplicate }] = [accountId, await owner.link(exchange.addKey(name))];
if (duplicate === null) throw new Error('The second key was refused.');
writeFileSync('payload-keys', '2026-11 ' + Buffer.alloc(32, 7).toString('base64'));

const WEBHOOK_SECRET = 'whsec_' + Buffer.alloc(32, 1).toString('base64');
const { signal } = new AbortController();
const [after, cursor] = [null, null];
const shown: unknown[] = [];
const [show, add, file, store, warn, onProgress] = Array.from({ length: 6 }, () => (...what: unknown[]) => {
  shown.push(...what);
}) as [Show, Show, Show, Show, Show, Show];
type Show = (...what: unknown[]) => void;
const response = new Writable({ write: (_bytes, _encoding, done) => done() });
const [from, to, now] = ['2026-01-01', '2027-01-01', new Date()];
const body = JSON.stringify({
  type: 'gap-opened',
  timestamp: now.toISOString(),
  data: {
    ownerId: user.id,
    accountId,
    eventId: 1,
    kind: 'gap-opened',
    at: now.toISOString(),
    details: { stream: 'spot-trades', part: 'spot', reason: 'refused', from, to },
  },
});
const request = {
  headers: {
    'webhook-id': 'an-event',
    'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
    'webhook-signature': new Webhook(WEBHOOK_SECRET).sign('an-event', now, body),
  },
};
`;
