import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { printable } from '../../src/answers/printable.ts';
import { clockOffsetMs } from '../../src/cli/diagnosis/exchange-checks.ts';
import { webhookChecks } from '../../src/cli/diagnosis/webhook-checks.ts';
import { type ConfigurationError, loadWorkerConfig } from '../../src/config.ts';
import { Secret } from '../../src/secret.ts';
import { isPublicAddress } from '../../src/webhook/public-address.ts';
import { webhookOf } from '../../src/webhook/webhook-configuration.ts';
import { accountStart } from '../../src/workflows/account-start.ts';
import { secret } from '../webhook/receiver.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
  vi.unstubAllGlobals();
});

test.each([
  ['\u061c', 'a mark of writing direction'],
  ['\u200b', 'a space of no width'],
  ['\u200d', 'a joiner of no width'],
  ['\u2028', 'a line separator'],
  ['\u2029', 'a paragraph separator'],
  ['\u2060', 'a word joiner'],
  ['\ufeff', 'a byte order mark'],
  ['\u{e0041}', 'an invisible tag'],
  ['\u00ad', 'a soft hyphen'],
  ['\u001b', 'an escape'],
  ['\u009b', 'a control of eight bits'],
])('%j, %s, is shown as a dot', (character) => {
  expect(printable(`a${character}b`)).toBe('a·b');
});

test.each([
  '::a9fe:a9fe',
  '::127.0.0.1',
  '::1.2.3.4',
  '168.63.129.16',
  '::ffff:168.63.129.16',
  '100.100.100.200',
  '64:ff9b::a9fe:a9fe',
  '2002:a9fe:a9fe::1',
  '5f00::1',
  '3fff::1',
])('%s is not public', (address) => expect(isPublicAddress(address)).toBe(false));

test.each(['1.1.1.1', '2606:4700::1111', '2a00:1450:4001::1'])('%s is public', (address) =>
  expect(isPublicAddress(address)).toBe(true),
);

test.each(['https://[::127.0.0.1]/', 'https://[::a9fe:a9fe]/', 'https://168.63.129.16/'])(
  'a webhook is not posted to %s',
  (url) => {
    const { problems } = webhookOf({ WEBHOOK_URL: url, WEBHOOK_SECRET: secret }, { exchangeIsReal: false });
    expect(problems.join()).toContain('private network');
  },
);

describe('the doctor', () => {
  const surroundings = (url: string, addresses?: string) =>
    ({
      webhook: new Secret({ WEBHOOK_URL: url, WEBHOOK_SECRET: secret, WEBHOOK_ADDRESSES: addresses }),
      exchangeHosts: { spot: 'http://127.0.0.1:1', futures: 'http://127.0.0.1:1' },
    }) as unknown as Parameters<typeof webhookChecks>[0];

  test('does not connect to a webhook whose name resolves to a private network', async () => {
    let asked = 0;
    const server = createServer();
    server.on('connection', (socket) => {
      asked++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, resolve));
    closers.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    // A host name, not an address, that resolves to this machine.
    const [check] = await webhookChecks(surroundings(`https://${hostname()}:${port}/`));
    expect(check?.ok).toBe(false);
    expect(check?.message).toMatch(/private network/);
    expect(asked).toBe(0);
    const fetched = vi.fn(() => Promise.reject(new Error('not filtered')));
    vi.stubGlobal('fetch', fetched);
    await webhookChecks(surroundings('https://example.invalid/'));
    expect(fetched).not.toHaveBeenCalled();
  });

  test('reads only as much of an exchange’s time as a time can have', async () => {
    const server = createServer((_request, response) => {
      const flood = setInterval(() => response.write(' '.repeat(65_536)), 1);
      response.on('close', () => clearInterval(flood));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const startedMs = performance.now();
    await expect(clockOffsetMs(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)).rejects.toThrow(
      'not complete JSON',
    );
    expect(performance.now() - startedMs).toBeLessThan(4_000);
  });
});

test.each(['BITMART_SPOT_URL', 'BITMART_FUTURES_URL'])(
  '%s of the real hosts is https alone: keys would be readable on the way',
  async (name) => {
    const env = {
      [name]: 'http://api-cloud.bitmart.com',
      DATABASE_URL: 'postgres://u@h/d',
      CREDENTIALS_KEY_FILE: '/nowhere',
    };
    const problems = await loadWorkerConfig(env).then(
      () => [],
      (error: ConfigurationError) => error.problems,
    );
    expect(problems.find((problem) => problem.startsWith(name))).toMatch(/https/);
  },
);

test('a label is text in the summary of a workflow, whatever it looks like', () => {
  const { staticSummary } = accountStart({ accountId: 'abc', ownerId: 'o', label: '[log in](https://evil) `x`\n# y' });
  expect(staticSummary).toBe('BitMart · ·log in··https···evil· ·x··· y · abc');
});
