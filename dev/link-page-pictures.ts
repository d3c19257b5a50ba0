import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import type { Client } from '../src/client/index.ts';
import type { Installation } from './demo/installation.ts';

const desktop = { viewport: { width: 1_080, height: 900 } };
const phone = { viewport: { width: 390, height: 780 }, deviceScaleFactor: 2 };
const owner = 'erin';

/** Photographs the steps of the connection page with keys of the simulated exchange. */
export async function photographLinkPage(browser: Browser, installation: Installation, folder: string): Promise<void> {
  const client = installation.connect();
  const { exchange } = installation.sandbox;
  const account = exchange.addAccount({ name: owner });
  exchange.generate(owner, { spotTrades: 1_800, futuresTrades: 260, deposits: 24, withdrawals: 9, days: 80 });
  const shoot = async (name: string, page: Page) => {
    await page.screenshot({ path: `${folder}link-page-${name}.png`, fullPage: true });
    await page.context().close();
  };

  await shoot('desktop', await open(browser, client, desktop));
  await shoot('phone', await open(browser, client, phone));
  await shoot('dark', await open(browser, client, { ...desktop, colorScheme: 'dark' }));
  await shoot('japanese', await open(browser, client, desktop, 'ja'));

  const refused = await open(browser, client, desktop);
  await submit(refused, { ...account, memo: '20771234' });
  await refused.locator('main[data-state="refused"]').waitFor();
  await shoot('refused', refused);

  const linked = await open(browser, client, desktop);
  await submit(linked, account);
  await linked.locator('[data-reading="false"]').waitFor({ timeout: 120_000 });
  await shoot('linked', linked);
}

async function open(
  browser: Browser,
  client: Client,
  options: BrowserContextOptions,
  language: 'en' | 'ja' = 'en',
): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-US', reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  if (language === 'ja') await lendJapaneseFont(context);
  const { url } = await client.forOwner(owner).createLinkSession({ language, returnUrl: 'https://app.example.com/' });
  await page.goto(url);
  // Web fonts are loaded piece by piece.
  await page.evaluate('Promise.all([...document.fonts].map((face) => face.load()))');
  return page;
}

async function submit(
  page: Page,
  key: { readonly apiKey: string; readonly apiSecret: string; readonly memo: string },
): Promise<void> {
  await page.fill('input[name="apiKey"]', key.apiKey);
  await page.fill('input[name="apiSecret"]', key.apiSecret);
  await page.fill('input[name="memo"]', key.memo);
  await page.click('button[type="submit"]');
}

/** A user's system has fonts of its own; the machine that makes the pictures may have no Japanese one. */
async function lendJapaneseFont(context: BrowserContext): Promise<void> {
  const font = createRequire(import.meta.url).resolve('@fontsource-variable/noto-sans-jp/index.css');
  const faces = readFileSync(font, 'utf8').replaceAll('url(./files/', 'url(/lent-font/');
  await context.route('**/lent-font/*', (route) =>
    route.fulfill({ path: font.replace('index.css', `files/${route.request().url().split('/').at(-1)}`) }),
  );
  await context.route('**/*page.css', async (route) => {
    const style = await (await route.fetch()).text();
    await route.fulfill({
      contentType: 'text/css',
      body: `${faces}\n${style.replace('system-ui', '"Noto Sans JP Variable"')}`,
    });
  });
  await context.route('**/link/*', async (route) => {
    const answer = await route.fetch();
    const policy = answer.headers()['content-security-policy'] ?? '';
    await route.fulfill({
      response: answer,
      headers: { ...answer.headers(), 'content-security-policy': `${policy}; font-src 'self'` },
    });
  });
}
