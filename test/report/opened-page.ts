import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import axe from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterEach } from 'vitest';

/** Where pages and pictures of them stay after a test run. */
export const artefacts = fileURLToPath(new URL('../../test-results/report/', import.meta.url));

mkdirSync(artefacts, { recursive: true });

// Pages that stay open make each following one slower.
const opened: BrowserContext[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((context) => context.close()));
});

export interface OpenedPage {
  readonly page: Page;
  /** Whatever the page tried to fetch, and whatever it complained of. */
  readonly mishaps: readonly string[];
  /** One line per violation: rule, what is wrong, where. */
  accessibilityViolations(): Promise<readonly string[]>;
  picture(name: string): Promise<void>;
}

/** Opens a page from a file, as its receiver would. */
export async function openPage(
  browser: Browser,
  html: string,
  options: { readonly name: string; readonly width?: number; readonly dark?: boolean },
): Promise<OpenedPage> {
  const file = join(artefacts, `${options.name}.html`);
  writeFileSync(file, html);
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1_200, height: 900 },
    colorScheme: options.dark ? 'dark' : 'light',
  });
  opened.push(context);
  const page = await context.newPage();
  const mishaps: string[] = [];
  page.on('request', (request) => {
    if (request.url() !== pathToFileURL(file).href) mishaps.push(`request ${request.url()}`);
  });
  page.on('console', (message) => mishaps.push(`console ${message.text()}`));
  page.on('pageerror', (error) => mishaps.push(`error ${error.message}`));
  await page.goto(pathToFileURL(file).href);
  return {
    page,
    mishaps,
    async accessibilityViolations() {
      await page.evaluate(axe.source);
      const violations = await page.evaluate(() =>
        (globalThis as unknown as { axe: typeof axe }).axe.run().then((result) =>
          result.violations.map(({ id, help, nodes }) => ({
            id,
            help,
            where: nodes.slice(0, 3).map(({ html }) => html),
          })),
        ),
      );
      return violations.map(({ id, help, where }) => `${id}: ${help}: ${where.join(' | ')}`);
    },
    async picture(name) {
      await page.screenshot({ path: join(artefacts, `${name}.png`), fullPage: true });
    },
  };
}

export async function openEverything(page: Page): Promise<void> {
  await page.evaluate('for (const details of document.querySelectorAll("details")) details.open = true');
}

/** How far the page would have to be scrolled sideways, in pixels. */
export async function sidewaysScroll(page: Page): Promise<number> {
  return page.evaluate('document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth');
}
