import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import axe from 'axe-core';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { launchBrowser } from '../../dev/browser.ts';
import { freePort } from '../../dev/free-port.ts';
import { type Client, createClient, type LinkSessionOptions } from '../../src/client/index.ts';
import { type LinkPage, linkPageConfig, startLinkPage } from '../../src/link-page/server.ts';
import { refusedBeyondReach, type System, type SystemOptions, startSystem } from '../support/system.ts';

export const owner = 'anna';

/** A whole system with the connection page, one worker and a browser. */
export interface LinkPageSystem extends System {
  readonly url: string;
  readonly metricsUrl: string;
  /** A client that knows where the page is. */
  readonly platform: Client;
  readonly browser: Browser;
  /** What the page's server has logged, line by line. */
  readonly logs: readonly string[];
  session(options?: LinkSessionOptions): ReturnType<ReturnType<Client['forOwner']>['createLinkSession']>;
  /** A page of a context of its own, closed with the system. */
  page(options?: BrowserContextOptions): Promise<Page>;
}

export async function startLinkPageSystem(
  options: SystemOptions & { readonly pageEnv?: Readonly<Record<string, string>> } = {},
): Promise<LinkPageSystem> {
  const [system, browser] = await Promise.all([
    startSystem({ ...options, switches: { ...refusedBeyondReach, ...options.switches } }),
    launchBrowser(),
  ]);
  await system.startWorker();
  // Right before they are taken: until then another process may take them.
  const [address, metricsAddress] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
  const url = `http://${address}`;
  const env = {
    LINK_ADDRESS: address,
    LINK_METRICS_ADDRESS: metricsAddress,
    LINK_URL: url,
    LINK_NAME: 'Taxbird',
    ...options.pageEnv,
  };
  const platform = createClient({
    databaseUrl: system.env.DATABASE_URL as string,
    publicKey: system.env.CREDENTIALS_PUBLIC_KEY as string,
    taskQueue: system.env.TASK_QUEUE as string,
    temporal: { address: system.env.TEMPORAL_ADDRESS as string, namespace: system.env.TEMPORAL_NAMESPACE as string },
    linkUrl: url,
  });
  const logs: string[] = [];
  const page: LinkPage = await startLinkPage({
    client: platform,
    config: linkPageConfig(env),
    log: (level, event, fields) => logs.push(JSON.stringify({ level, event, ...fields })),
  });
  const contexts: BrowserContext[] = [];
  return {
    ...system,
    url,
    metricsUrl: `http://${metricsAddress}/metrics`,
    platform,
    browser,
    logs,
    session: (sessionOptions = {}) => platform.forOwner(owner).createLinkSession(sessionOptions),
    async page(contextOptions = {}) {
      const context = await browser.newContext({ locale: 'en-US', ...contextOptions });
      contexts.push(context);
      // It only ends what hangs, as the time-out of a test does.
      context.setDefaultTimeout(120_000);
      return context.newPage();
    },
    async close() {
      await Promise.all(contexts.map((context) => context.close()));
      await browser.close();
      await page.close();
      await platform.close();
      await system.close();
    },
  };
}

export interface Typed {
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly memo: string;
}

export async function typeKey(page: Page, { apiKey, apiSecret, memo }: Typed): Promise<void> {
  await page.fill('input[name="apiKey"]', apiKey);
  await page.fill('input[name="apiSecret"]', apiSecret);
  await page.fill('input[name="memo"]', memo);
}

export async function submitKey(page: Page, typed: Typed): Promise<void> {
  await typeKey(page, typed);
  await page.click('button[type="submit"]');
}

export async function stateIs(page: Page, state: string): Promise<void> {
  await page.locator(`main[data-state="${state}"]`).waitFor();
}

export function problemCodes(page: Page): Promise<readonly (string | null)[]> {
  return page.locator('[data-problem]').evaluateAll((boxes) => boxes.map((box) => box.getAttribute('data-problem')));
}

/** Violations of WCAG 2.2 AA, one line each; scripts of ours are forbidden by the page's policy, so axe comes past it. */
export async function accessibilityViolations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe
      .run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
      .then((result) =>
        result.violations.map(
          ({ id, help, nodes }) =>
            `${id}: ${help}: ${nodes
              .map(({ html }) => html)
              .slice(0, 3)
              .join(' | ')}`,
        ),
      ),
  );
  return violations;
}

/** A platform's page of an origin of its own. */
export async function servePlatformPage(html: string): Promise<{ readonly origin: string; close(): void }> {
  const server: Server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8').end(html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The events that reported a session's end. */
export async function outcomes(system: LinkPageSystem, sessionId: string): Promise<readonly unknown[]> {
  const { events } = await system.platform.forOwner(owner).events({ limit: 1_000 });
  return events
    .filter(({ kind, details }) => kind === 'link-session-ended' && details.sessionId === sessionId)
    .map(({ details }) => details);
}
