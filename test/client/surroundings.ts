import { randomBytes, randomUUID } from 'node:crypto';
import { type Client, createClient } from '../../src/client/index.ts';
import { generateKeyRing } from '../../src/credentials/key-ring.ts';
import { connectDatabase, type Database, saveCandidate } from '../../src/database/index.ts';
import { freshDatabase } from '../support/database.ts';

/** A platform of its own: a database and a task queue that no other test uses, and a key pair. */
export interface Platform {
  readonly client: Client;
  readonly database: Database;
  readonly taskQueue: string;
  /** Environment of the command line on the same platform. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** `temporalAddress`: the stack's unless given; nothing listens on port 1 of the loopback. */
export async function freshPlatform(options: { readonly temporalAddress?: string } = {}): Promise<Platform> {
  const taskQueue = `test-${randomBytes(6).toString('hex')}`;
  const database = await freshDatabase({ mayBeMigrated: true });
  const { publicKey } = await generateKeyRing();
  const address = options.temporalAddress ?? required('TEMPORAL_ADDRESS');
  const namespace = process.env.TEMPORAL_NAMESPACE ?? 'default';
  const client = createClient({
    databaseUrl: database.url,
    publicKey,
    taskQueue,
    temporal: { address, namespace, connectTimeout: options.temporalAddress === undefined ? 5_000 : 200 },
  });
  await client.migrate();
  const env = {
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    TASK_QUEUE: taskQueue,
    CREDENTIALS_PUBLIC_KEY: publicKey,
  };
  const connected = connectDatabase({ url: database.url });
  const close = async () => {
    await connected.close();
    await client.close();
    await database.drop();
  };
  return { client, database: connected, taskQueue, env, close };
}

/** An account whose key was not looked at: anna's, unless she has as many as an owner may link in an hour. */
export async function saveAccount(database: Database, accountId: string, ownerId = 'anna'): Promise<string> {
  const keyId = randomUUID();
  await saveCandidate(database, { accountId, ownerId, keyId, fingerprint: accountId, sealed: 'sealed' });
  return accountId;
}

export const unreachable = '127.0.0.1:1';

export function credentials(name = randomBytes(4).toString('hex')) {
  return { apiKey: `key-${name}`, apiSecret: `canary-secret-${name}`, memo: `canary-memo-${name}` };
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run the tests with \`npm test\`.`);
  return value;
}
