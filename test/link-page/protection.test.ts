import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LinkPageMetrics, pageSteps } from '../../src/link-page/metrics.ts';
import { clientAddress, RateLimiter } from '../../src/link-page/protection.ts';
import { type LinkPageSystem, owner, startLinkPageSystem, stateIs, submitKey, typeKey } from './link-page-system.ts';

let system: LinkPageSystem;
beforeAll(async () => {
  system = await startLinkPageSystem();
});
afterAll(() => system.close());

test('every response is protected: no foreign script, no referrer, no frame, no cache', async () => {
  const { headers } = await fetch((await system.session()).url);
  expect(headers.get('content-security-policy')).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  );
  expect(Object.fromEntries(headers)).toMatchObject({
    'cache-control': 'no-store',
    'cross-origin-opener-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'permissions-policy': expect.stringContaining('camera=()'),
  });
  expect(headers.get('set-cookie')).toBeNull();
  const framed = await fetch((await system.session({ origin: 'https://app.example.com' })).url);
  expect(framed.headers.get('content-security-policy')).toContain('frame-ancestors https://app.example.com;');
  expect(framed.headers.get('x-frame-options')).toBeNull();
});

test('another host name, a post from another site and a large body are refused', async () => {
  const { url } = await system.session();
  const status = await new Promise((resolve) => {
    request(url, { headers: { host: 'evil.example.com' } }, (answer) => resolve(answer.statusCode)).end();
  });
  expect(status).toBe(421);
  const post = (headers: Record<string, string>, body = 'apiKey=a&apiSecret=b&memo=c') =>
    fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers } });
  expect((await post({ 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  expect((await post({ origin: 'https://evil.example.com' })).status).toBe(403);
  expect((await post({}, `memo=${'x'.repeat(10_000)}`)).status).toBe(413);
  expect((await post({}, 'apiKey=a')).status).toBe(422);
});

test('the open pages of one session are limited, and one that is closed makes room', async () => {
  const { url } = await system.session();
  const stop = new AbortController();
  const live = (signal?: AbortSignal) => fetch(`${url}/live`, signal ? { signal } : {});
  const first = await live(stop.signal);
  const open = await Promise.all(Array.from({ length: 9 }, () => live()));
  expect([first, ...open].map(({ status }) => status)).toEqual(Array(10).fill(200));
  expect((await live()).status).toBe(429);
  expect((await fetch(url)).status).toBe(200);
  stop.abort();
  await expect
    .poll(async () => {
      const page = await live();
      await page.body?.cancel();
      return page.status;
    })
    .toBe(200);
  await Promise.all(open.map(({ body }) => body?.cancel()));
});

test('attempts per session and per owner are limited', async () => {
  const session = await system.session();
  await system.database.query('update link_session set attempts = 10 where session_id = $1', [session.sessionId]);
  const answer = await fetch(session.url, {
    method: 'POST',
    body: new URLSearchParams({ apiKey: 'a', apiSecret: 'b', memo: 'c' }),
  });
  expect(answer.status).toBe(429);
  const limiter = new RateLimiter(2);
  expect([1, 2, 3].map(() => limiter.allow('a', 0))).toEqual([true, true, false]);
  expect([limiter.allow('b', 1), limiter.allow('a', 60_001)]).toEqual([true, true]);
});

test('a key beyond the owner’s unproven keys of an hour is not taken, and costs no attempt', async () => {
  const ownerId = 'bob';
  const { url, sessionId } = await system.platform.forOwner(ownerId).createLinkSession();
  const fill = `insert into key_attempt (owner_id, fingerprint) select $1, 'unproven ' || n from generate_series(1, 30) n`;
  await system.database.query(fill, [ownerId]);
  const account = system.sandbox.exchange.addAccount();
  const post = () => fetch(url, { method: 'POST', body: new URLSearchParams({ ...account }), redirect: 'manual' });
  const refused = await post();
  expect([refused.status, await refused.text()]).toEqual([429, expect.stringContaining('Wait a while')]);
  const { rows } = await system.database.query('select state, attempts from link_session where session_id = $1', [
    sessionId,
  ]);
  expect(rows).toEqual([{ state: 'open', attempts: 0 }]);
  // A key that an account was read with is no guess.
  await system.database.query('delete from key_attempt where owner_id = $1', [ownerId]);
  await system.platform.forOwner(ownerId).link(account);
  await system.database.query(fill, [ownerId]);
  expect((await post()).status).toBe(303);
});

test('a check that fails is logged with its reason, as a code', async () => {
  const { url, sessionId } = await system.session();
  await system.database.query(`update link_session set replaces = 'unknown' where session_id = $1`, [sessionId]);
  const body = new URLSearchParams({ ...system.sandbox.exchange.addAccount() });
  await fetch(url, { method: 'POST', body, redirect: 'manual' });
  const logged = () => system.logs.filter((line) => line.includes(sessionId)).map((line) => JSON.parse(line));
  await expect
    .poll(logged)
    .toEqual([expect.objectContaining({ event: 'key checked', outcome: 'failed', reason: 'account-not-found' })]);
});

test.each([
  ['203.0.113.9', undefined, 0, '203.0.113.9'],
  ['10.0.0.1', '1.1.1.1, 203.0.113.9', 1, '203.0.113.9'],
  ['10.0.0.1', '1.1.1.1', 0, '10.0.0.1'],
  ['10.0.0.1', undefined, 1, '10.0.0.1'],
  ['2001:db8:1:2:3:4:5:6', undefined, 0, '2001:db8:1:2'],
])('%s behind "%s" and %i proxies is %s', (peer, forwarded, hops, address) => {
  expect(clientAddress(peer, forwarded, hops)).toBe(address);
});

test('the first page is small and loads nothing from another host', async () => {
  const page = await system.page();
  const urls = new Set<string>();
  page.on('request', (request) => urls.add(request.url()));
  await page.goto((await system.session()).url);
  await stateIs(page, 'form');
  await expect.poll(() => urls.size).toBe(4);
  expect([...new Set([...urls].map((url) => new URL(url).host))]).toEqual([new URL(system.url).host]);
  const sizes = [...urls]
    .filter((url) => !url.endsWith('/live'))
    .map(async (url) => (await (await fetch(url)).text()).length);
  const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  console.log(`first page: ${bytes} bytes`);
  expect(bytes).toBeLessThan(100_000);
  expect(readFileSync(new URL('../../src/link-page/assets/link.js', import.meta.url)).length).toBeLessThan(4_096);
});

test('a key can be linked by keyboard alone, and a screen reader announces the steps in order', async () => {
  const { apiKey, apiSecret, memo } = system.sandbox.exchange.addAccount();
  const page = await system.page();
  await page.goto((await system.session()).url);
  expect(await page.locator('main').ariaSnapshot()).toMatch(
    /heading "Link BitMart to Taxbird" \[level=1\][\s\S]*heading "Make a key at BitMart"[\s\S]*list:[\s\S]*heading "Enter the key here"[\s\S]*textbox "API key"[\s\S]*textbox "API secret"[\s\S]*textbox "Passphrase[\s\S]*button "Check and link"[\s\S]*link "Cancel"/,
  );
  const tabTo = async (selector: string) => {
    for (let times = 0; times < 12; times++) {
      await page.keyboard.press('Tab');
      if (await page.locator(selector).evaluate((element) => element === element.ownerDocument.activeElement)) return;
    }
    throw new Error(`Tab does not reach ${selector}.`);
  };
  await tabTo('input[name="apiKey"]');
  await page.keyboard.insertText(apiKey);
  await tabTo('input[name="apiSecret"]');
  await page.keyboard.insertText(apiSecret);
  await tabTo('[data-reveal]');
  await page.keyboard.press('Space');
  expect(await page.getAttribute('[data-reveal]', 'aria-pressed')).toBe('true');
  await tabTo('input[name="memo"]');
  await page.keyboard.insertText(memo);
  await tabTo('button[type="submit"]');
  await page.keyboard.press('Enter');
  await stateIs(page, 'linked');
  expect(await page.locator('main').ariaSnapshot()).toMatch(
    /heading "Your BitMart account is linked" \[level=1\][\s\S]*It can’t trade or withdraw[\s\S]*heading "What you get"[\s\S]*table[\s\S]*rowheader "Spot trades"/,
  );
});

test('the texts of a key exist only sealed: in no response, log, header, browser storage or column', async () => {
  const account = system.sandbox.exchange.addAccount();
  const canaries = [account.apiKey, account.apiSecret, account.memo];
  const page = await system.page();
  const seen: string[] = [];
  const responses: Promise<string>[] = [];
  page.on('response', (response) => {
    const text = response.url().endsWith('/live') ? '' : response.text().catch(() => '');
    responses.push(Promise.all([response.url(), response.allHeaders(), text]).then((all) => JSON.stringify(all)));
  });
  page.on('console', (message) => seen.push(message.text()));
  const session = await system.session();
  await page.goto(session.url);
  await typeKey(page, { ...account, memo: `${account.memo}x` });
  await page.click('button[type="submit"]');
  await stateIs(page, 'refused');
  await submitKey(page, account);
  await stateIs(page, 'linked');
  seen.push(await page.content(), page.url());
  seen.push(
    String(
      await page.evaluate('JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, history.state])'),
    ),
  );
  seen.push(JSON.stringify(await page.evaluate('indexedDB.databases()')));
  seen.push(...system.logs, ...(await Promise.all(responses)));
  const { rows: tables } = await system.database.query<{ table_name: string }>(
    `select table_name from information_schema.tables where table_schema = 'bitmart_sync'`,
  );
  for (const { table_name } of tables) {
    const { rows } = await system.database.query(`select t::text as text from bitmart_sync.${table_name} t`);
    seen.push(...rows.map(({ text }) => text as string));
  }
  const all = seen.join('\n');
  expect(all).toContain('bitmart-sync-box');
  for (const canary of canaries) expect(all).not.toContain(canary);
  // Neither is the session's own secret, which only its holder has.
  const token = session.url.split('/').at(-1) as string;
  expect(system.logs.join('\n')).not.toContain(token);
});

test('metrics count steps, problems and durations, and hold no personal data', async () => {
  const text = await (await fetch(system.metricsUrl)).text();
  expect(text).toMatch(/bitmart_sync_link_page_total\{step="linked"\} [1-9]/);
  expect(text).toMatch(/bitmart_sync_link_problems_total\{code="wrong-secret-or-memo"\} 1/);
  expect(text).toMatch(/bitmart_sync_link_check_seconds_count [1-9]/);
  const labels = [...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value] as const);
  const forbidden = [
    'owner',
    'account',
    'session',
    'key',
    'address',
    'ip',
    'agent',
    'language',
    'label',
    'email',
    'url',
    'origin',
  ];
  for (const [name, value] of labels) {
    expect(forbidden).not.toContain(name);
    expect(['step', 'code', 'le']).toContain(name);
    if (name === 'step') expect(pageSteps).toContain(value);
  }
  expect(text).not.toContain(owner);
  expect(new LinkPageMetrics().text()).toContain('step="expired"} 0');
});

test('health says what can be used', async () => {
  expect(await (await fetch(`${system.url}/healthz`)).text()).toBe('alive\n');
  const ready = await fetch(`${system.url}/readyz`);
  expect([ready.status, await ready.text()]).toEqual([200, 'database: ready\ntemporal: ready\n']);
});
