import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type RunningPostgres, startPostgres } from '../../dev/postgres.ts';
import { createClient } from '../../src/client/index.ts';
import { AccountWorkflows } from '../../src/client/temporal.ts';
import { connectDatabase } from '../../src/database/index.ts';
import { connectTemporal, TemporalUnusable } from '../../src/worker/temporal-connection.ts';
import { type Certificates, hasOpenssl, makeCertificates } from '../support/certificates.ts';
import { type TemporalOverTls, temporalOverTls } from '../support/temporal-over-tls.ts';

if (!hasOpenssl) console.log('openssl is not on the path: the tests of TLS are skipped, for want of certificates');

let certificates: Certificates;
beforeAll(() => {
  if (hasOpenssl) certificates = makeCertificates();
});
afterAll(() => {
  if (hasOpenssl) rmSync(certificates.folder, { recursive: true, force: true });
});

describe.skipIf(!hasOpenssl)('Postgres over TLS', () => {
  let postgres: RunningPostgres;
  beforeAll(async () => {
    const { cert, key } = certificates.server;
    // Postgres takes no key that belongs to another user.
    if (process.getuid?.() === 0) chownSync(key, 65_534, 65_534);
    postgres = await startPostgres({
      directory: mkdtempSync(join(tmpdir(), 'tls-')),
      temporary: true,
      settings: { ssl: 'on', ssl_cert_file: cert, ssl_key_file: key },
    });
  });
  afterAll(() => postgres?.stop());

  function urlFor(host: string, ca: string, url = postgres.url): string {
    const made = new URL(url);
    made.hostname = host;
    made.searchParams.set('sslmode', 'verify-full');
    made.searchParams.set('sslrootcert', ca);
    return made.href;
  }

  test('verify-full with the CA of the server is encrypted', async () => {
    const database = connectDatabase({ url: urlFor('localhost', certificates.ca) });
    const { rows } = await database.pool.query('select ssl, version from pg_stat_ssl where pid = pg_backend_pid()');
    expect(rows).toEqual([{ ssl: true, version: expect.stringMatching(/^TLSv1\.[23]$/) }]);
    await database.close();
  });

  test.each([
    ['another CA', () => urlFor('localhost', certificates.anotherCa)],
    ['another name', () => urlFor('127.0.0.1', certificates.ca)],
    ['no TLS', () => urlFor('localhost', certificates.ca, process.env.TEST_DATABASE_URL)],
  ])('a server with %s is refused before a password is sent, and the error says what to correct', async (_, url) => {
    const client = createClient({ databaseUrl: url() });
    const error = await client.listEveryOwner().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'database-unreachable',
      message: expect.stringContaining('TLS connection to Postgres is not as DATABASE_URL requires'),
      remedy: expect.stringContaining('sslrootcert'),
    });
    await client.close();
  });
});

describe.skipIf(!hasOpenssl)('Temporal over TLS', () => {
  let temporal: TemporalOverTls | null = null;
  afterEach(() => {
    vi.unstubAllEnvs();
    temporal?.close();
  });

  /** Connects as the worker does, with both of its connections, and as a client does: by Temporal's own variables alone. */
  async function connects(env: Readonly<Record<string, string>>): Promise<void> {
    const ca = certificates.ca;
    const all = { TEMPORAL_ADDRESS: String(temporal?.address), TEMPORAL_TLS_SERVER_CA_CERT_PATH: ca, ...env };
    for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value);
    const worker = await connectTemporal({ warn: () => undefined }, null);
    const printed = inspect(worker, { showHidden: true, depth: 12 }) + JSON.stringify(worker.client.connection);
    expect(printed).toContain('[connection to Temporal at localhost:');
    expect(printed).not.toMatch(/cana1e7|clientCertPair/);
    await worker.close();
    const { connectionOptions } = loadClientConnectConfig();
    const client = new AccountWorkflows({ ...connectionOptions, namespace: worker.namespace }, 'any');
    expect(await client.serverVersion()).toMatch(/^\d+\./);
    await client.close();
  }

  test('a worker and a client with a certificate of their own work; without one, or for another CA, they are refused', async () => {
    temporal = await temporalOverTls(certificates, { clientCertificate: true });
    await expect(connects({})).rejects.toThrow(TemporalUnusable);
    const { cert, key } = certificates.client;
    const own = { TEMPORAL_TLS_CLIENT_CERT_PATH: cert, TEMPORAL_TLS_CLIENT_KEY_PATH: key };
    await expect(connects({ ...own, TEMPORAL_TLS_SERVER_CA_CERT_PATH: certificates.anotherCa })).rejects.toThrow(
      TemporalUnusable,
    );
    await connects(own);
  });

  test('a worker and a client with an API key send it with each call; with another one they are refused, and it is not shown', async () => {
    temporal = await temporalOverTls(certificates, { apiKey: 'cana1e7-right' });
    const refused = await connects({ TEMPORAL_API_KEY: 'cana1e7-wrong' }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(TemporalUnusable);
    expect((refused as Error).message).not.toContain('cana1e7');
    await connects({ TEMPORAL_API_KEY: 'cana1e7-right' });
    expect(temporal.authorizations).toEqual(new Set(['Bearer cana1e7-wrong', 'Bearer cana1e7-right']));
  });
});
