/**
 * `npm run pictures`: makes the README's pictures again from a real run: the demo's live view in the middle of a
 * backfill, an account on its page of the Temporal UI, the report about it, and the steps of the connection page.
 * `-- --link-page` makes the last ones alone.
 */
import { mkdirSync } from 'node:fs';
import { styleText } from 'node:util';
import type { Browser } from 'playwright-core';
import { workflowIdOf } from '../src/workflows/messages.ts';
import { launchBrowser } from './browser.ts';
import { Installation } from './demo/installation.ts';
import { runScenario } from './demo/scenario.ts';
import type { Snapshot } from './demo/snapshot.ts';
import { frameOf } from './demo/view/frame.ts';
import { PlainScreen } from './demo/view/plain-screen.ts';
import { photographLinkPage } from './link-page-pictures.ts';

const folder = new URL('../docs/pictures/', import.meta.url).pathname;
const size = { width: 104, height: 30 };

/** Plain lines for the waiting user, and the live view of a busy moment. */
class PictureScreen extends PlainScreen {
  frame: readonly string[] = [];

  override show(snapshot: Snapshot): void {
    const [busy] = snapshot.accounts;
    const rows = busy?.streams.reduce((sum, stream) => sum + stream.rows, 0) ?? 0;
    const records = busy?.streams.reduce((sum, stream) => sum + stream.records, 0) ?? 1;
    const share = rows / records;
    if (share > 0.25 && share < 0.75) this.frame = frameOf(snapshot, size, paint);
    super.show(snapshot);
  }
}

function paint(style: Parameters<typeof styleText>[0], text: string): string {
  return styleText(style, text, { validateStream: false });
}

const terminalStyle = `
body { margin: 0; background: #fff }
pre { display: inline-block; margin: 0; padding: 18px 22px; border-radius: 10px; background: #16181d; color: #d7dae0;
  font: 14px/1.35 "DejaVu Sans Mono", "Liberation Mono", Menlo, monospace }
.c1 { font-weight: bold } .c2 { opacity: .55 } .c31 { color: #ff7b72 } .c32 { color: #7ee787 } .c33 { color: #f2cc60 }
.c34 { color: #79c0ff } .c35 { color: #d2a8ff } .c36 { color: #56d4dd } .c90 { color: #8b949e }`;

mkdirSync(folder, { recursive: true });
const screen = new PictureScreen((text) => process.stdout.write(text));
const installation = new Installation();
const browser = await launchBrowser();
try {
  if (process.argv.includes('--link-page')) {
    await installation.startStack(() => undefined);
    await installation.startExchange();
    await installation.startLinkPage();
    await installation.startWorker('worker');
  } else {
    const { accounts } = await runScenario(installation, screen);
    await photographTerminal(browser, screen.frame, `${folder}demo.png`);
    const [alice] = accounts;
    if (alice) {
      const workflow = encodeURIComponent(workflowIdOf(alice.accountId));
      await photographPage(
        browser,
        `${installation.uiUrl}/namespaces/default/workflows/${workflow}`,
        `${folder}temporal-ui.png`,
      );
      const { html } = await installation.connect().forOwner(alice.simulated.owner).report(alice.accountId);
      await photographReport(browser, html, `${folder}report.png`);
    }
  }
  await photographLinkPage(browser, installation, folder);
} finally {
  screen.close();
  await browser.close();
  await installation.close();
}
process.exit(0);

async function photographPage(opened: Browser, url: string, file: string): Promise<void> {
  const page = await opened.newPage({ viewport: { width: 1_500, height: 900 }, colorScheme: 'light' });
  await page.goto(url, { waitUntil: 'domcontentloaded' });
  await page.getByText('User Metadata').first().click({ timeout: 30_000 });
  // The details are in a separate frame, which gives no sign when it is ready.
  await page.waitForTimeout(8_000);
  await page.screenshot({ path: file });
}

async function photographReport(opened: Browser, html: string, file: string): Promise<void> {
  const page = await opened.newPage({ viewport: { width: 1_100, height: 900 }, colorScheme: 'light' });
  await page.setContent(html);
  await page.screenshot({ path: file });
}

async function photographTerminal(opened: Browser, lines: readonly string[], file: string): Promise<void> {
  const page = await opened.newPage({ viewport: { width: 1_000, height: 400 }, deviceScaleFactor: 2 });
  await page.setContent(`<style>${terminalStyle}</style><pre>${lines.map(markupOf).join('\n')}</pre>`);
  await page.locator('pre').screenshot({ path: file });
}

/** One painted line as HTML; a style is open until its closing code comes. */
function markupOf(line: string): string {
  const escaped = line.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return escaped.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[(\\d+)m`, 'g'), (_, code: string) =>
    ['0', '22', '39'].includes(code) ? '</span>' : `<span class="c${code}">`,
  );
}
