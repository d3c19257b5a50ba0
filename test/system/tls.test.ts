import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type RunningPostgres, startPostgres } from '../../dev/postgres.ts';
import { createClient } from '../../src/client/index.ts';
import { connectDatabase } from '../../src/database/index.ts';
import { documentOf, runCommandLine } from '../cli/run-command-line.ts';
import { type Certificates, hasOpenssl, makeCertificates } from '../support/certificates.ts';
import { type System, startSystem } from '../support/system.ts';
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
    // Postgres takes no key that belongs to somebody else.
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
      message: expect.stringContaining('TLS connection to Postgres is not as DATABASE_URL wants it'),
      remedy: expect.stringContaining('sslrootcert'),
    });
    await client.close();
  });
});

describe.skipIf(!hasOpenssl)('Temporal over TLS', () => {
  let system: System;
  let temporal: TemporalOverTls | null = null;
  beforeAll(async () => {
    system = await startSystem();
  });
  afterEach(() => temporal?.close());
  afterAll(() => system?.close());

  async function behind(wants: Parameters<typeof temporalOverTls>[1]): Promise<Readonly<Record<string, string>>> {
    temporal = await temporalOverTls(certificates, wants);
    const { address } = temporal;
    return { ...system.env, TEMPORAL_ADDRESS: address, TEMPORAL_TLS_SERVER_CA_CERT_PATH: certificates.ca };
  }

  /** What the doctor says of it. */
  async function found(env: Readonly<Record<string, string>>): Promise<unknown> {
    const { checks } = documentOf(await runCommandLine(['doctor', '--json'], { env })) as {
      checks: { name: string }[];
    };
    return checks.find(({ name }) => name === 'temporal');
  }

  test('a worker and the command line with a certificate of their own work; without one they are refused', async () => {
    const env = await behind({ clientCertificate: true });
    expect(await found(env)).toMatchObject({ ok: false });
    const { cert, key } = certificates.client;
    const own = { ...env, TEMPORAL_TLS_CLIENT_CERT_PATH: cert, TEMPORAL_TLS_CLIENT_KEY_PATH: key };
    expect(await found({ ...own, TEMPORAL_TLS_SERVER_CA_CERT_PATH: certificates.anotherCa })).toMatchObject({
      ok: false,
    });
    const worker = await system.startWorker(own);
    expect(await found(own)).toMatchObject({ ok: true });
    await worker.stop();
  });

  test('a worker and the command line with an API key send it with each call; with another one they are refused', async () => {
    const env = await behind({ apiKey: 'cana1e7-right' });
    expect(await found({ ...env, TEMPORAL_API_KEY: 'cana1e7-wrong' })).toMatchObject({ ok: false });
    const own = { ...env, TEMPORAL_API_KEY: 'cana1e7-right' };
    const worker = await system.startWorker(own);
    expect(await found(own)).toMatchObject({ ok: true });
    expect(temporal?.authorizations).toEqual(new Set(['Bearer cana1e7-wrong', 'Bearer cana1e7-right']));
    expect(worker.output()).not.toContain('cana1e7');
    await worker.stop();
  });
});
