import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type LinkPageSystem,
  outcomes,
  servePlatformPage,
  startLinkPageSystem,
  stateIs,
  submitKey,
  type Typed,
} from './link-page-system.ts';

let system: LinkPageSystem;
let platform: Awaited<ReturnType<typeof servePlatformPage>>;
let stranger: Awaited<ReturnType<typeof servePlatformPage>>;
beforeAll(async () => {
  system = await startLinkPageSystem();
  const html = `<!doctype html><title>Platform</title><button id="before">Link</button><script type="module">
    import { openLink } from '${system.url}/link.js';
    window.calls = [];
    window.start = (url, mode) => {
      const call = (name) => (value) => window.calls.push(name + ' ' + (value.type ?? value.outcome ?? ''));
      window.opened = openLink({ url, mode, onLinked: call('onLinked'), onExit: call('onExit'), onEvent: call('onEvent') });
    };
  </script>`;
  platform = await servePlatformPage(html);
  stranger = await servePlatformPage(html);
});
afterAll(async () => {
  platform.close();
  stranger.close();
  await system.close();
});

function anAccount(): Typed {
  return system.sandbox.exchange.addAccount();
}

async function openPlatform(origin = platform.origin): Promise<Page> {
  const page = await system.page();
  await page.goto(`${origin}/`);
  await page.waitForFunction('window.start !== undefined');
  return page;
}

/** What the page has said so far; its messages come in their own time. */
const calls = (page: Page) => expect.poll(() => page.evaluate('window.calls'));

const inOrder = [
  'onEvent opened',
  'onEvent checking',
  'onEvent linked',
  'onLinked ',
  'onEvent exited',
  'onExit linked',
];

describe('in a frame', () => {
  test('an account is linked, each callback comes once and in order, and nothing is left behind', async () => {
    const page = await openPlatform();
    const session = await system.session({ origin: platform.origin });
    await page.focus('#before');
    await page.evaluate(`start('${session.url}', 'frame'); start('${session.url}', 'frame')`);
    expect(await page.locator('iframe').count()).toBe(1);
    const frame = page.frameLocator('iframe');
    expect(
      await page
        .locator('iframe')
        .evaluate((element) => [element.getAttribute('title'), element.getAttribute('allow')]),
    ).toEqual(['Link BitMart', null]);
    await calls(page).toEqual(['onEvent opened']);
    const { apiKey, apiSecret, memo } = anAccount();
    await frame.locator('input[name="apiKey"]').fill(apiKey);
    await frame.locator('input[name="apiSecret"]').fill(apiSecret);
    await frame.locator('input[name="memo"]').fill(memo);
    await frame.locator('button[type="submit"]').click();
    await frame.locator('main[data-state="linked"]').waitFor();
    await calls(page).toEqual(inOrder.slice(0, 4));
    await frame.locator('[data-done]').click();
    await page.locator('iframe').waitFor({ state: 'detached' });
    await calls(page).toEqual(inOrder);
    expect(await page.locator('dialog').count()).toBe(0);
    expect(await page.evaluate('document.activeElement.id')).toBe('before');
  });

  test('the session ends when the platform closes it', async () => {
    const page = await openPlatform();
    const session = await system.session({ origin: platform.origin });
    await page.evaluate(`start('${session.url}', 'frame')`);
    await calls(page).toEqual(['onEvent opened']);
    // Without a timer it waits for the page's answer, however long that takes.
    await page.evaluate('window.setTimeout = () => 0; opened.close()');
    await page.locator('iframe').waitFor({ state: 'detached' });
    await calls(page).toEqual(['onEvent opened', 'onEvent exited', 'onExit exited']);
    expect(await outcomes(system, session.sessionId)).toMatchObject([{ outcome: 'exited' }]);
  });

  test('the page is not shown to another origin, or for a session without an origin', async () => {
    const page = await openPlatform(stranger.origin);
    for (const origin of [platform.origin, null]) {
      const session = await system.session({ origin });
      const refused = page.waitForEvent('console', (message) => message.text().includes('frame-ancestors'));
      await page.evaluate(`start('${session.url}', 'frame')`);
      await refused;
      expect(await page.frames().at(-1)?.locator('main').count()).toBe(0);
      await page.evaluate('opened.close()');
      await page.locator('iframe').waitFor({ state: 'detached' });
    }
  });
});

describe('in a popup', () => {
  test('an account is linked and the platform is notified', async () => {
    const page = await openPlatform();
    const session = await system.session({ origin: platform.origin });
    const [popup] = await Promise.all([page.waitForEvent('popup'), page.evaluate(`start('${session.url}', 'popup')`)]);
    await calls(page).toEqual(['onEvent opened']);
    await submitKey(popup, anAccount());
    await stateIs(popup, 'linked');
    await calls(page).toEqual(inOrder.slice(0, 4));
    // The page may be gone before the click has ended.
    await popup
      .locator('[data-done]')
      .click()
      .catch((error: unknown) => {
        if (!popup.isClosed()) throw error;
      });
    await calls(page).toEqual(inOrder);
  });

  test('that is simply closed ends with one callback', async () => {
    const page = await openPlatform();
    const session = await system.session({ origin: platform.origin });
    const [popup] = await Promise.all([page.waitForEvent('popup'), page.evaluate(`start('${session.url}', 'popup')`)]);
    await calls(page).toEqual(['onEvent opened']);
    await popup.close();
    await calls(page).toEqual(['onEvent opened', 'onExit exited']);
  });

  test('opened by another origin sends it nothing, and ignores its messages', async () => {
    const page = await openPlatform(stranger.origin);
    const session = await system.session({ origin: platform.origin });
    await page.evaluate(`window.heard = []; addEventListener('message', (event) => heard.push(event.data))`);
    const [popup] = await Promise.all([page.waitForEvent('popup'), page.evaluate(`window.w = open('${session.url}')`)]);
    await popup.waitForLoadState();
    await page.evaluate(`w.postMessage({ source: 'bitmart-sync', type: 'close' }, '*')`);
    await submitKey(popup, anAccount());
    await stateIs(popup, 'linked');
    expect(await page.evaluate('window.heard')).toEqual([]);
  });
});

test('a forged message is not mistaken for one of the page', async () => {
  const page = await openPlatform();
  const session = await system.session({ origin: platform.origin });
  await page.evaluate(`start('${session.url}', 'frame')`);
  await calls(page).toEqual(['onEvent opened']);
  const forged = `{ source: 'bitmart-sync', type: 'linked', sessionId: '${session.sessionId}', accountId: 'forged', attempt: 1 }`;
  await page.evaluate(`new Promise((heard) => {
    addEventListener('message', heard, { once: true });
    postMessage(${forged}, '*');
  })`);
  await calls(page).toEqual(['onEvent opened']);
});

test('opened as a full page it returns to the platform with the outcome', async () => {
  const page = await openPlatform();
  const session = await system.session({ returnUrl: `${platform.origin}/back?user=1` });
  await page.evaluate(`start('${session.url}', 'redirect')`);
  await page.waitForURL(session.url);
  await submitKey(page, anAccount());
  await stateIs(page, 'linked');
  await page.click('[data-done]');
  await page.waitForURL(`${platform.origin}/**`);
  const back = new URL(page.url());
  expect(Object.fromEntries(back.searchParams)).toEqual({ user: '1', session: session.sessionId, outcome: 'linked' });
  expect(await page.evaluate('document.referrer')).toBe('');
});

test('a URL stolen after its use links nothing and reveals nothing about the key', async () => {
  const page = await system.page();
  const session = await system.session();
  await page.goto(session.url);
  const account = anAccount();
  await submitKey(page, account);
  await stateIs(page, 'linked');
  await system.database.query('update link_session set expires_at = now() where session_id = $1', [session.sessionId]);
  const thief = await system.page();
  await thief.goto(session.url);
  await stateIs(thief, 'linked');
  expect(await thief.locator('input, tr').count()).toBe(0);
  const before = (await system.platform.forOwner('anna').list()).length;
  await fetch(session.url, { method: 'POST', body: new URLSearchParams({ ...anAccount() }) });
  expect(await system.platform.forOwner('anna').list()).toHaveLength(before);
  for (const secret of [account.apiKey, account.apiSecret, account.memo]) {
    expect(await thief.content()).not.toContain(secret);
  }
});
