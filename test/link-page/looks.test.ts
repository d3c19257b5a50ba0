import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { linkLanguages } from '../../src/client/link-sessions.ts';
import {
  accessibilityViolations,
  type LinkPageSystem,
  startLinkPageSystem,
  stateIs,
  submitKey,
} from './link-page-system.ts';

const pictures = fileURLToPath(new URL('../../test-results/link-page/', import.meta.url));

let system: LinkPageSystem;
beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  system = await startLinkPageSystem({ pageEnv: { EGRESS_ADDRESSES: '203.0.113.7, 203.0.113.8' } });
});
afterAll(() => system.close());

const looks = [
  { name: 'desktop', viewport: { width: 1_200, height: 900 }, colorScheme: 'light' },
  { name: 'phone', viewport: { width: 360, height: 740 }, colorScheme: 'light' },
  { name: 'dark', viewport: { width: 1_200, height: 900 }, colorScheme: 'dark' },
] as const;

describe.each(looks)('on a screen: $name', ({ name, viewport, colorScheme }) => {
  test.each(linkLanguages.slice(0, Number(process.env.LOOKS ?? 4)))(
    'every step in %s has no accessibility violation and nothing to scroll sideways',
    async (language) => {
      const account = system.sandbox.exchange.addAccount();
      system.sandbox.exchange.generate(account.name, { spotTrades: 30, deposits: 5, days: 40 });
      const page = await system.page({ viewport, colorScheme, reducedMotion: 'reduce' });
      const fits = async (step: string) => {
        await page.screenshot({ path: `${pictures}${step}-${name}-${language}.png`, fullPage: true });
        expect(await accessibilityViolations(page)).toEqual([]);
        const sideways = await page.evaluate(
          'document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth',
        );
        expect(sideways).toBe(0);
      };
      const session = await system.session({ language });
      await page.goto(session.url);
      expect(await page.getAttribute('html', 'lang')).toMatch(new RegExp(`^${language}`));
      await fits('form');
      await submitKey(page, { ...account, memo: '12345678' });
      await stateIs(page, 'refused');
      await fits('refused');
      await page.fill('input[name="apiSecret"]', account.apiSecret);
      await page.fill('input[name="memo"]', account.memo);
      await page.click('button[type="submit"]');
      await stateIs(page, 'linked');
      await page.locator('[data-reading="false"]').waitFor();
      await fits('linked');
    },
  );
});
