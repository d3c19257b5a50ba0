import { randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openKey } from '../../src/activities/active-key.ts';
import { createBitmartExchange } from '../../src/bitmart/index.ts';
import { surroundingsOf } from '../../src/cli/surroundings.ts';
import { createClient } from '../../src/client/index.ts';
import { loadWorkerConfig } from '../../src/config.ts';
import { Credentials, fingerprintOf } from '../../src/credentials/credentials.ts';
import { generateKeyRing, parseKeyRing } from '../../src/credentials/key-ring.ts';
import { createOpener } from '../../src/credentials/open.ts';
import { createPayloadCodec } from '../../src/credentials/payload-codec.ts';
import { seal } from '../../src/credentials/seal.ts';
import { connectDatabase } from '../../src/database/index.ts';
import { createWebhookSender } from '../../src/webhook/webhook.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { MemoryPace } from '../support/memory-pace.ts';

const texts = { apiKey: 'cana1e7-key', apiSecret: 'cana1e7-secret', memo: 'cana1e7-memo' };
const folder = mkdtempSync(join(tmpdir(), 'printed-secrets-'));
let fresh: FreshDatabase;
beforeAll(async () => {
  fresh = await freshDatabase();
});
afterAll(() => fresh.drop());

test('no configuration, ring, key, pool or client shows a secret, however it is printed, logged or serialised', async () => {
  const { publicKey, ringFile } = await generateKeyRing();
  const [payloadKey, webhookSecret] = [randomBytes(32), randomBytes(32)];
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
    return join(folder, name);
  };
  const env = {
    DATABASE_URL: fresh.url,
    CREDENTIALS_KEY_FILE: file('ring', ringFile),
    CREDENTIALS_PUBLIC_KEY: publicKey,
    PAYLOAD_KEY_FILE: file('payload', `p1 ${payloadKey.toString('base64')}`),
    WEBHOOK_URL: 'https://hooks.example.com/',
    WEBHOOK_SECRET: `whsec_${webhookSecret.toString('base64')}`,
    TEMPORAL_API_KEY: 'cana1e7-temporal',
  };
  const config = await loadWorkerConfig(env);
  const database = connectDatabase({ url: fresh.url });
  const connection = await database.pool.connect();
  await connection.query('select 1');
  const opener = await createOpener(config.keyRing);
  const [ownerId, keyId, fingerprint] = ['ann', 'k', fingerprintOf(texts.apiKey)];
  const sealed = await seal({ publicKey, ownerId, keyId, credentials: new Credentials(texts) });
  const key = await openKey(opener, { sealed, ownerId, keyId, fingerprint, state: 'active' } as Parameters<
    typeof openKey
  >[1]);
  const url = 'http://127.0.0.1:1';
  const exchange = createBitmartExchange({
    spotUrl: url,
    futuresUrl: url,
    limits: 'none',
    rateShare: 1,
    pace: new MemoryPace(),
  });
  const client = createClient({ databaseUrl: fresh.url, publicKey, temporal: { apiKey: env.TEMPORAL_API_KEY } });
  const sender = config.webhook && createWebhookSender(config.webhook);
  const objects: Record<string, unknown> = {
    config,
    surroundings: surroundingsOf(env),
    ring: parseKeyRing(ringFile),
    opener,
    key,
    reader: exchange.open(key),
    codec: config.payloadKeys && createPayloadCodec(config.payloadKeys),
    sender,
    database,
    pool: database.pool,
    connection,
    client,
    owner: client.forOwner('ann'),
  };
  const privateKey = (JSON.parse(ringFile) as { keys: { privateKey: string }[] }).keys[0]?.privateKey as string;
  const secrets = [
    new URL(fresh.url).password,
    'cana1e7',
    ...[Buffer.from(privateKey, 'base64url'), payloadKey, webhookSecret].flatMap(formsOf),
  ];
  for (const [name, object] of Object.entries(objects)) {
    const shown = formsIn(object);
    expect(shown.length, name).toBeGreaterThan(4);
    for (const secret of secrets) expect(shown.includes(secret), `${name} shows ${secret}`).toBe(false);
  }
  expect(formsIn({ password: new URL(fresh.url).password }), 'it can fail').toContain(secrets[0]);
  connection.release();
  await Promise.all([sender?.close(), exchange.close(), client.close(), database.close()]);
});

/** Everything that printing, logging at the lowest level, and serialising make of it. */
function formsIn(object: unknown): string {
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => lines.push(line) });
  log.trace({ object }, 'seen %o %s %j', object as object, object, object as object);
  const options = { showHidden: true, depth: 12, maxArrayLength: null, maxStringLength: null } as const;
  return [inspect(object, options), inspect(object), String(object), serialised(object), ...lines].join('\n');
}

function serialised(object: unknown): string {
  const seen = new Set<unknown>();
  return (
    JSON.stringify(object, (_name, value) => {
      if (typeof value !== 'object' || value === null) return value;
      if (seen.has(value)) return undefined;
      seen.add(value);
      return value;
    }) ?? ''
  );
}

/** As bytes may be written: base64 without its last digits, hex, and hex as Node prints a buffer. */
function formsOf(bytes: Buffer): readonly string[] {
  const hex = bytes.toString('hex');
  const start = bytes.subarray(0, 9);
  return [
    start.toString('base64'),
    start.toString('base64url'),
    hex.slice(0, 18),
    [...start].map((byte) => byte.toString(16).padStart(2, '0')).join(' '),
  ];
}
