/** A platform in some forty lines: links a user's key, is told when it is read, reads a month, follows what changes. */
import { createServer } from 'node:http';
import { type AccountEvent, createClient } from 'bitmart-sync/client';
import { Webhook } from 'standardwebhooks';

const { DATABASE_URL = '', CREDENTIALS_PUBLIC_KEY = '', TEMPORAL_ADDRESS = 'localhost:7233' } = process.env;
const { TASK_QUEUE = 'bitmart-sync', WEBHOOK_SECRET = '', PORT = '8085', CREDENTIALS = '' } = process.env;
const client = createClient({
  databaseUrl: DATABASE_URL,
  publicKey: CREDENTIALS_PUBLIC_KEY,
  temporal: { address: TEMPORAL_ADDRESS },
  taskQueue: TASK_QUEUE,
});
const alice = client.forOwner('alice');

// Be told: what is not signed with our secret is thrown away, what comes twice has the same id and data.
const webhook = new Webhook(WEBHOOK_SECRET);
const seen = new Map<string, AccountEvent>();
const receiver = createServer(async (request, response) => {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  try {
    const message = webhook.verify(Buffer.concat(pieces), request.headers as Record<string, string>);
    seen.set(String(request.headers['webhook-id']), (message as { data: AccountEvent }).data);
    response.writeHead(204).end();
  } catch {
    response.writeHead(400).end();
  }
});
receiver.listen(Number(PORT));

// Link: the answer says what is wrong with a key, and what to do about it.
const link = await alice.link(JSON.parse(CREDENTIALS), { label: 'My BitMart' });
if (link.outcome !== 'accepted') throw new Error(link.problems.map(({ message }) => message).join(' '));
const isBackfilled = (event: AccountEvent) => event.accountId === link.accountId && event.kind === 'backfilled';
while (![...seen.values()].some(isBackfilled)) await new Promise((resolve) => setTimeout(resolve, 200));

// Read: a month of trades, typed, each amount with every digit; and whether that is all there was.
const month = { from: new Date(Date.now() - 32 * 86_400_000), to: new Date(Date.now() - 2 * 86_400_000) };
let trades = 0;
for await (const trade of alice.allRecords(link.accountId, 'spot-trades', month)) if (trade.price !== '0') trades += 1;
const { complete } = await alice.isComplete(link.accountId, 'spot-trades', month.from, month.to);

// Follow: from the beginning, and from then on from where the last page ended. Each record is known by stream and key.
const copy = new Map<string, unknown>();
let page = await alice.changes(link.accountId, { after: 0 });
while (page.changes.length > 0) {
  for (const { stream, key, record } of page.changes) copy.set(`${stream} ${key}`, record);
  page = await alice.changes(link.accountId, { after: page.next });
}
console.log(JSON.stringify({ accountId: link.accountId, trades, complete, records: copy.size }));
await client.close();
receiver.close();
