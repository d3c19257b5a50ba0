import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { exchangeChecks } from '../../src/cli/diagnosis/exchange-checks.ts';
import { keyChecks } from '../../src/cli/diagnosis/key-checks.ts';
import { webhookChecks } from '../../src/cli/diagnosis/webhook-checks.ts';
import { generateKeyRing } from '../../src/credentials/key-ring.ts';
import { Secret } from '../../src/secret.ts';
import type { WebhookEnvironment } from '../../src/webhook/webhook-configuration.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** An exchange that answers with its time, so many milliseconds off, or with something else. */
async function exchange(answer: () => string, status = 200): Promise<string> {
  const server = createServer((_, response) => void response.writeHead(status).end(answer()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const timeOff = (offsetMs: number) => () =>
  JSON.stringify({ code: 1000, message: 'OK', data: { server_time: Date.now() + offsetMs } });
const unreachable = 'http://127.0.0.1:1';

describe('the exchange', () => {
  test.each([
    [0, true],
    [-9_000, true],
    [11_000, false],
    [-86_400_000, false],
  ])('whose clock is %i ms off: in order %s', async (offsetMs, ok) => {
    const spot = await exchange(timeOff(offsetMs));
    const checks = await exchangeChecks({ spot, futures: spot });
    expect(checks.map((check) => [check.name, check.ok])).toEqual([
      ['exchange (spot)', true],
      ['exchange (futures)', true],
      ['clock', ok],
    ]);
    if (!ok) expect(checks[2]?.remedy).toContain('NTP');
  });

  test.each([
    ['a web page', '<html>Attention required</html>', 403],
    ['no server_time', '{"code":1000,"message":"OK","data":{}}', 200],
    ['no server_time', '{"code":1000,"message":"OK","data":{"server_time":"soon"}}', 200],
    ['it is under maintenance', '{"code":30016,"message":"maintenance","data":{"server_time":1}}', 200],
  ])('that answers with %s is reported, and the clock comes from the other host', async (what, body, status) => {
    const [spot, futures] = await Promise.all([exchange(() => body, status), exchange(timeOff(0))]);
    const checks = await exchangeChecks({ spot, futures });
    expect(checks.map((check) => check.ok)).toEqual([false, true, true]);
    expect(checks[0]?.message).toContain(what);
  });

  test.each([
    ['removed', '{"msg":"not found"}', 404],
    ['withdrawn', '{"msg":"This endpoint has been deprecated.","code":30031}', 200],
  ])('whose clock is %s is in order: its answer is dated, as for the worker', async (_, body, status) => {
    const spot = await exchange(() => body, status);
    const checks = await exchangeChecks({ spot, futures: spot });
    expect(checks.map((check) => check.ok)).toEqual([true, true, true]);
  });

  test('that is away leaves the clock unknown, which is not a pass', async () => {
    const checks = await exchangeChecks({ spot: unreachable, futures: unreachable });
    expect(checks.map((check) => check.ok)).toEqual([false, false, false]);
    expect(checks[2]).toMatchObject({ name: 'clock', skipped: true });
  });
});

describe('the webhook', () => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const look = (webhook: WebhookEnvironment, host = unreachable) => {
    const surroundings = { webhook: new Secret(webhook), exchangeHosts: { spot: host, futures: host } };
    return webhookChecks(surroundings as Parameters<typeof webhookChecks>[0]);
  };

  test('that is not set is not looked at', async () => {
    expect(await look({})).toEqual([]);
  });

  test('that answers, whatever it says to a request without an event, is in order', async () => {
    const url = await exchange(() => '', 405);
    const [check] = await look({ WEBHOOK_URL: url, WEBHOOK_SECRET: secret, WEBHOOK_ADDRESSES: 'any' });
    expect(check).toMatchObject({ name: 'webhook', ok: true });
  });

  test.each([
    [
      'nothing listens there',
      { WEBHOOK_URL: unreachable, WEBHOOK_SECRET: secret, WEBHOOK_ADDRESSES: 'any' },
      'does not answer',
    ],
    ['it lies in a private network', { WEBHOOK_URL: 'https://127.0.0.1/x', WEBHOOK_SECRET: secret }, 'private network'],
    [
      'its secret is none',
      { WEBHOOK_URL: 'https://example.com/x', WEBHOOK_SECRET: 'canary' },
      'WEBHOOK_SECRET must be',
    ],
  ])('%s: reported', async (_, webhook, said) => {
    const [check] = await look(webhook);
    expect(check).toMatchObject({ name: 'webhook', ok: false, message: expect.stringContaining(said) });
    expect(JSON.stringify(check)).not.toContain('canary');
    expect(JSON.stringify(check)).not.toContain(secret);
  });

  test('that allows private networks is refused beside the real exchange, as by the worker', async () => {
    const webhook = { WEBHOOK_URL: unreachable, WEBHOOK_SECRET: secret, WEBHOOK_ADDRESSES: 'any' };
    const [check] = await look(webhook, 'https://api-cloud.bitmart.com');
    expect(check?.message).toContain('refused together with the real hosts');
  });
});

describe('the key pair', () => {
  async function ring() {
    const { publicKey, ringFile } = await generateKeyRing();
    const keyFile = join(await mkdtemp(join(tmpdir(), 'ring-')), 'ring.json');
    await writeFile(keyFile, ringFile, { mode: 0o600 });
    return { publicKey, keyFile };
  }
  const look = (publicKey: string | null, keyFile: string | null) =>
    keyChecks({ publicKey, ring: { CREDENTIALS_KEY_FILE: keyFile ?? undefined } });

  test('that belongs together is in order; a client without the ring is not asked for it', async () => {
    const { publicKey, keyFile } = await ring();
    expect((await look(publicKey, keyFile)).map(({ name, ok }) => [name, ok])).toEqual([
      ['configuration', true],
      ['key ring', true],
    ]);
    expect((await look(publicKey, null)).map(({ name }) => name)).toEqual(['configuration']);
  });

  test('that does not belong together, and would lose every linked key, is reported', async () => {
    const [{ publicKey }, { keyFile }] = await Promise.all([ring(), ring()]);
    const checks = await look(publicKey, keyFile);
    expect(checks[1]).toMatchObject({ name: 'key ring', ok: false, message: expect.stringContaining('does not open') });
  });

  test.each([
    ['a public key that was cut', async () => look((await ring()).publicKey.slice(0, -3), null), 'configuration'],
    ['a ring that is not there', async () => look((await ring()).publicKey, '/no/such/ring'), 'key ring'],
    ['no public key', async () => look(null, null), 'configuration'],
  ] as const)('%s is reported with the next step', async (_, act, name) => {
    const failed = (await act()).filter((check) => !check.ok);
    expect(failed.map((check) => check.name)).toEqual([name]);
    expect(`${failed[0]?.message} ${failed[0]?.remedy}`).toMatch(/keys generate|Correct/);
  });
});
