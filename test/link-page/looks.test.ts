import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

/** Every language, every screen and both colour schemes, without every combination. */
const looks = [
  { language: 'en', name: 'desktop', width: 1_200, colorScheme: 'light' },
  { language: 'ja', name: 'phone', width: 360, colorScheme: 'light' },
  { language: 'zh', name: 'desktop in the dark', width: 1_200, colorScheme: 'dark' },
  { language: 'ko', name: 'small phone in the dark', width: 320, colorScheme: 'dark' },
] as const;

describe('every step', () => {
  test.each(looks)(
    'in $language on a $name has no accessibility violation and nothing to scroll sideways',
    async (look) => {
      const { language, name, width, colorScheme } = look;
      const account = system.sandbox.exchange.addAccount();
      system.sandbox.exchange.generate(account.name, { spotTrades: 30, deposits: 5, days: 40 });
      const page = await system.page({ viewport: { width, height: 800 }, colorScheme, reducedMotion: 'reduce' });
      const fits = async (step: string) => {
        await page.screenshot({
          path: `${pictures}${step}-${language}-${name.replaceAll(' ', '-')}.png`,
          fullPage: true,
        });
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
