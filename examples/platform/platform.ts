/** A platform in some forty lines: opens the connection page for a user, gets a webhook when the history is read, reads a month, follows what changes. */
import { createServer } from 'node:http';
import { type AccountEvent, createClient, verifyWebhook } from 'bitmart-sync/client';

const { DATABASE_URL = '', CREDENTIALS_PUBLIC_KEY = '', TEMPORAL_ADDRESS = 'localhost:7233' } = process.env;
const {
  TASK_QUEUE = 'bitmart-sync',
  WEBHOOK_SECRET = '',
  PORT = '8085',
  LINK_URL = 'http://127.0.0.1:8090',
} = process.env;
const client = createClient({
  databaseUrl: DATABASE_URL,
  publicKey: CREDENTIALS_PUBLIC_KEY,
  temporal: { address: TEMPORAL_ADDRESS },
  taskQueue: TASK_QUEUE,
  linkUrl: LINK_URL,
});
const alice = client.forOwner('alice');

// Webhooks: one that is not signed with our secret is dropped, one that comes twice has the same id and data.
const seen = new Map<string, AccountEvent>();
const receiver = createServer(async (request, response) => {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  try {
    const event = verifyWebhook(request.headers, Buffer.concat(pieces), WEBHOOK_SECRET);
    seen.set(String(request.headers['webhook-id']), event);
    response.writeHead(204).end();
  } catch {
    response.writeHead(400).end();
  }
});
receiver.listen(Number(PORT));

async function reported(isMeant: (event: AccountEvent) => boolean): Promise<AccountEvent> {
  for (;;) {
    const event = [...seen.values()].find(isMeant);
    if (event) return event;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

// Link: the user types the key on the connection page, which says what is wrong with it. We hear of the outcome.
const session = await alice.createLinkSession({ label: 'My BitMart' });
console.error(`Open this and link a key: ${session.url}`);
const ended = await reported(
  ({ kind, details }) => kind === 'link-session-ended' && details.sessionId === session.sessionId,
);
const { accountId } = ended;
if (accountId === null) throw new Error(`No account was linked: ${JSON.stringify(ended.details)}.`);
await reported((event) => event.accountId === accountId && event.kind === 'backfilled');

// Read: a month of trades, typed, each amount with every digit; and whether that is all there was.
const month = { from: new Date(Date.now() - 32 * 86_400_000), to: new Date(Date.now() - 2 * 86_400_000) };
let trades = 0;
for await (const trade of alice.allRecords(accountId, 'spot-trades', month)) if (trade.price !== '0') trades += 1;
const complete = await alice.isComplete(accountId, 'spot-trades', month.from, month.to);

// Follow: from the beginning, and from then on from where the last page ended. Each record is known by stream and key.
const copy = new Map<string, unknown>();
let page = await alice.changes(accountId, { after: 0 });
while (page.changes.length > 0) {
  for (const { stream, key, record } of page.changes) copy.set(`${stream} ${key}`, record);
  page = await alice.changes(accountId, { after: page.next });
}
console.log(JSON.stringify({ accountId, trades, complete, records: copy.size }));
await client.close();
receiver.close();
