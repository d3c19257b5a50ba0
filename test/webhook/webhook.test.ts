import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { Secret } from '../../src/secret.ts';
import { isPublicAddress, publicLookup } from '../../src/webhook/public-address.ts';
import { createWebhookSender, NotDelivered } from '../../src/webhook/webhook.ts';
import { webhookOf } from '../../src/webhook/webhook-configuration.ts';
import { Receiver, secret } from './receiver.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const { signal } = new AbortController();
const message = { id: 'account-1-1', body: JSON.stringify({ type: 'linked', data: { accountId: 'a', eventId: 1 } }) };

async function receiver(): Promise<Receiver> {
  const made = new Receiver();
  await made.listen();
  closing.push(() => made.close());
  return made;
}

function sender(url: string, addresses: 'public' | 'any' = 'any') {
  const made = createWebhookSender({ url, secret: new Secret(secret), addresses });
  closing.push(() => made.close());
  return made;
}

describe('a message', () => {
  test('is signed so that the official verifier accepts it', async () => {
    const platform = await receiver();
    await sender(platform.url).send(message, signal);
    expect(platform.failures).toEqual([]);
    expect(platform.received).toEqual([{ id: message.id, body: JSON.parse(message.body), answered: 204 }]);
  });

  test.each([500, 404, 301, 410])('that is answered with %i was not taken', async (status) => {
    const platform = await receiver();
    platform.behave = () => status;
    await expect(sender(platform.url).send(message, signal)).rejects.toThrow(`answered with HTTP ${status}`);
    expect(platform.received).toHaveLength(1);
  });

  test('that is not answered, or that nothing listens for, was not taken, and nothing of it stands in the reason', async () => {
    const platform = await receiver();
    platform.behave = () => 'nothing';
    const hooks = sender(platform.url);
    const failures = [await hooks.send(message, signal).catch((error: unknown) => error)];
    await platform.close();
    failures.push(await hooks.send(message, signal).catch((error: unknown) => error));
    await platform.listen();
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(NotDelivered);
      expect(String(failure)).toMatch(/127\.0\.0\.1:\d+ did not answer/);
      expect(String(failure)).not.toContain('linked');
    }
  });

  test('that a slow receiver answers too late was not taken, as far as we know: it gets it again, and knows it by its id', async () => {
    const platform = await receiver();
    platform.behave = (received) => (received === 0 ? 'never' : 204);
    const hooks = createWebhookSender({ url: platform.url, secret: new Secret(secret), addresses: 'any' }, 1_000);
    closing.push(() => hooks.close());
    await expect(hooks.send(message, signal)).rejects.toThrow('did not answer (nothing within 1000 ms)');
    await hooks.send(message, signal);
    expect(platform.received.map(({ id }) => id)).toEqual([message.id, message.id]);
  });

  test('whose answer never ends was taken or not, but never read whole', async () => {
    const server = createServer((_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'.repeat(100_000)), 1);
      response.on('close', () => clearInterval(timer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(async () => void server.close().closeAllConnections());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    await sender(url)
      .send(message, signal)
      .catch((error: unknown) => expect(error).toBeInstanceOf(NotDelivered));
  });
});

describe('nothing is sent into a private network', () => {
  test.each([
    ['http://127.0.0.1:9/', '127.0.0.1'],
    ['http://localhost:9/', 'localhost'],
    ['http://[::1]:9/', '[::1]'],
    ['http://0x7f000001:9/', '127.0.0.1'],
    ['http://[::ffff:10.0.0.1]:9/', 'a00:1'],
    ['http://169.254.169.254/latest/meta-data', '169.254.169.254'],
  ])('%s', async (url, host) => {
    const failure = await sender(url, 'public')
      .send(message, signal)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(NotDelivered);
    expect(String(failure)).toContain('private network');
    expect(String(failure)).toContain(host);
  });

  test('a name is looked up when the connection is made, and each of its addresses counts', async () => {
    const failure = await new Promise((resolve) => publicLookup('localhost', {}, (error) => resolve(error)));
    expect(failure).toMatchObject({ name: 'NotPublic' });
  });

  test.each([
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    'fd00::1',
    'fe80::1',
    '::',
    'nonsense',
  ])('%s is not public', (address) => expect(isPublicAddress(address)).toBe(false));

  test.each(['1.1.1.1', '2606:4700::1111'])('%s is public', (address) => expect(isPublicAddress(address)).toBe(true));
});

describe('the configuration', () => {
  const real = { exchangeIsReal: true };
  const sandbox = { exchangeIsReal: false };

  test('of a public https address and a secret is accepted; none at all is none', () => {
    const { webhook, problems } = webhookOf(
      { WEBHOOK_URL: 'https://hooks.example.com/x', WEBHOOK_SECRET: secret },
      real,
    );
    expect(webhook).toMatchObject({ url: 'https://hooks.example.com/x', addresses: 'public' });
    expect([webhook?.secret.reveal(), problems]).toEqual([secret, []]);
    expect(webhookOf({}, real)).toEqual({ webhook: null, problems: [] });
  });

  const wrong: readonly [what: string, env: Record<string, string>, reported: string][] = [
    ['http', { WEBHOOK_URL: 'http://hooks.example.com/' }, 'must be an https address'],
    ['no address', { WEBHOOK_URL: 'hooks' }, 'must be an https address'],
    ['this machine', { WEBHOOK_URL: 'https://localhost/' }, 'private network'],
    ['a private address', { WEBHOOK_URL: 'https://10.0.0.1/' }, 'private network'],
    ['this machine in IPv6', { WEBHOOK_URL: 'https://[::1]/' }, 'private network'],
    ['a private address in disguise', { WEBHOOK_URL: 'https://2130706433/' }, 'private network'],
    ['a password in the address', { WEBHOOK_URL: 'https://a:b@hooks.example.com/' }, 'user or password'],
    [
      'any address beside the real exchange',
      { WEBHOOK_URL: 'https://x.example/', WEBHOOK_ADDRESSES: 'any' },
      'real hosts',
    ],
  ];
  test.each(wrong)('with %s is refused', (_, env, reported) => {
    const { webhook, problems } = webhookOf({ WEBHOOK_SECRET: secret, ...env }, real);
    expect(webhook).toBeNull();
    expect(problems.join('\n')).toContain(reported);
  });

  test('with a secret that is none is refused without showing it', () => {
    for (const given of ['canary-secret', 'whsec_canary', `whsec_${Buffer.alloc(8).toString('base64')}`]) {
      const { problems } = webhookOf({ WEBHOOK_URL: 'https://x.example/', WEBHOOK_SECRET: given }, real);
      expect(problems).toHaveLength(1);
      expect(problems[0]).not.toContain(given);
    }
    expect(webhookOf({ WEBHOOK_URL: 'https://x.example/' }, real).problems[0]).toContain('WEBHOOK_SECRET');
    expect(webhookOf({ WEBHOOK_SECRET: secret }, real).problems[0]).toContain('WEBHOOK_URL');
  });

  test('beside a sandbox may name any address', () => {
    const env = { WEBHOOK_URL: 'http://127.0.0.1:9/', WEBHOOK_SECRET: secret, WEBHOOK_ADDRESSES: 'any' };
    expect(webhookOf(env, sandbox).problems).toEqual([]);
  });
});
