import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser } from '../../dev/browser.ts';
import { answerProblem } from '../../src/answers/problem.ts';
import { describeProblem } from '../../src/problems/describe-problem.ts';
import type { ReportData } from '../../src/report/report-data.ts';
import { reportPage } from '../../src/report/report-page.ts';
import { openEverything, openPage, sidewaysScroll } from './opened-page.ts';
import {
  accountReport,
  cleanAccount,
  closedAccount,
  fleetReport,
  oldAccount,
  partialAccount,
  statusOf,
  timetable,
  troubledAccount,
} from './sample-fleet.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const pageOf = (data: ReportData) => reportPage(data, timetable);
const single = () => pageOf(accountReport(troubledAccount()));

test.each([
  ['account', 'light', single],
  ['account', 'dark', single],
  ['clean', 'light', () => pageOf(accountReport(cleanAccount()))],
  ['partial', 'light', () => pageOf(accountReport(partialAccount()))],
  ['partial', 'dark', () => pageOf(accountReport(partialAccount()))],
  ['five-years', 'light', () => pageOf(accountReport(oldAccount()))],
  ['closed', 'light', () => pageOf(accountReport(closedAccount()))],
  ['fleet', 'light', () => pageOf(fleetReport(14, 1))],
  ['fleet', 'dark', () => pageOf(fleetReport(14, 1))],
  ['nobody', 'dark', () => pageOf(fleetReport(0))],
] as const)('%s in the %s: everybody can read it, and it fetches nothing', async (name, tone, make) => {
  const opened = await openPage(browser, make(), { name: `${name}-${tone}`, dark: tone === 'dark' });
  await opened.picture(`${name}-${tone}`);
  await openEverything(opened.page);
  expect(await opened.accessibilityViolations()).toEqual([]);
  expect(opened.mishaps).toEqual([]);
});

describe('on a phone of 360 pixels', () => {
  test.each([
    ['account', single],
    ['partial', () => pageOf(accountReport(partialAccount()))],
    ['five-years', () => pageOf(accountReport(oldAccount()))],
    ['fleet', () => pageOf(fleetReport(7, 1))],
  ] as const)('%s: nothing has to be scrolled sideways, and everybody can read it', async (name, make) => {
    const opened = await openPage(browser, make(), { name: `${name}-phone`, width: 360 });
    await opened.picture(`${name}-phone`);
    await openEverything(opened.page);
    expect(await sidewaysScroll(opened.page)).toBe(0);
    expect(await opened.accessibilityViolations()).toEqual([]);
  });
});

describe('one account', () => {
  test('shows each stream’s stretches in a drawing and in words, what is at risk, what to do, and the evidence', async () => {
    const { page } = await openPage(browser, single(), { name: 'account-contents' });
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('BitMart history: My BitMart');
    for (const name of ['Spot trades', 'Futures trades', 'Withdrawals', 'Deposits']) {
      await expect(page.getByRole('img', { name: `Timeline of ${name}` }).count()).resolves.toBe(1);
      await expect(page.getByRole('img', { name: `Records per day of ${name}` }).count()).resolves.toBe(1);
    }
    const spot = page.locator('section.stream').filter({ has: page.getByRole('heading', { name: /^Spot trades/ }) });
    const words = await spot.locator('.words li').allTextContents();
    expect(words).toEqual([
      'everything before 2026-08-31 12:00: not available',
      '2026-08-31 12:00 to 2026-09-01 12:00: covered',
      '2026-09-01 12:00 to 2026-09-02 12:00: not understood; lost from 2026-11-29 12:00 on (in 5 d)',
      '2026-09-02 12:00 to 2026-09-05 12:00: covered',
      '2026-09-05 12:00 to 2026-09-09 12:00: not read in time',
      '2026-09-09 12:00 to 2026-10-05 12:00: covered',
      '2026-10-05 12:00 to 2026-10-05 14:24: too dense; lost from 2027-01-02 12:00 on (in 39 d)',
      '2026-10-05 14:24 to 2026-11-04 12:00: covered',
      '2026-11-04 12:00 to 2026-11-12 12:00: not read yet; lost from 2027-01-31 15:59 on (in 68 d)',
      '2026-11-12 12:00 to 2026-11-24 11:31: covered',
      '2026-11-24 11:31 to 2026-11-24 12:00: since the last read',
    ]);
    // Everything in the words is in the drawing, and what is lost within 14 days is marked there.
    expect(await spot.locator('.timeline .segment').count()).toBe(words.length);
    expect(await spot.locator('.timeline .risk').count()).toBe(1);
    expect(await page.locator('.causes').first().textContent()).toContain('bitmart-sync --owner alice rotate troubled');
    const evidence = spot.locator('details.evidence').first();
    await evidence.locator('summary').click();
    expect(await evidence.locator('tbody tr').count()).toBe(30);
    expect(await evidence.locator('tbody tr').first().textContent()).toMatch(/[0-9a-f]{64}/);
  });

  test('says first, and large, which years are complete; only what needs action is open', async () => {
    const { page } = await openPage(browser, pageOf(accountReport(partialAccount())), { name: 'partial-contents' });
    expect(await page.locator('.verdict').textContent()).toBe(
      '◐2026 is complete for withdrawals, deposits, transfers between spot and futures, savings, transfers with sub-accounts and margin loans and repayments through 24 November, 11:31 UTC; spot trades, futures trades and futures funding and fees before 28 August are not available from BitMart.',
    );
    expect(
      await page
        .locator('.verdict')
        .evaluate(
          'document.querySelector(".verdict") && getComputedStyle(document.querySelector(".verdict")).fontSize',
        ),
    ).toMatch(/^2[0-9]/);
    expect(await page.locator('.cause:visible').count()).toBe(0);
    expect(await page.locator('details.remarks summary').textContent()).toBe('No action needed (2)');
    expect(/lost after|at risk|spot-trades/.exec(await page.locator('main').innerText())).toBeNull();
    expect(await page.locator('.legend li').count()).toBe(5);
  });

  test('of a closed exchange has one notice for the streams that had ended', async () => {
    const { page } = await openPage(browser, pageOf(accountReport(closedAccount())), { name: 'closed-contents' });
    expect(await page.locator('[data-cause="exchange-closed"]').count()).toBe(1);
    expect(await page.locator('.cause:visible').count()).toBe(0);
  });

  test('is used by keyboard alone', async () => {
    const { page } = await openPage(browser, single(), { name: 'account-keyboard' });
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.locator('details').first().getAttribute('open')).toBe('');
  });

  test('with thousands of answers says where all of them are', async () => {
    const report = accountReport(statusOf('busy'));
    const [detail] = report.details;
    const [first] = detail?.streams ?? [];
    const evidence = Array.from(
      { length: 3_000 },
      () => first?.evidence[0] as NonNullable<typeof first>['evidence'][number],
    );
    const streams = [{ ...(first as NonNullable<typeof first>), evidence }];
    const html = pageOf({ ...report, details: [{ ...(detail as NonNullable<typeof detail>), streams }] });
    expect(html.length).toBeLessThan(200_000);
    expect(html).toContain(
      'The first 200 are shown. All of them: <code>bitmart-sync --owner alice coverage busy --evidence',
    );
  });
});

test('the time since the last read is not promised to be read', () => {
  for (const status of ['live', 'paused', 'closed', 'unlinked'] as const) {
    const html = pageOf(accountReport(statusOf('since', { status })));
    expect(html).toContain('<b>since the last read</b>: not a gap, nothing was requested after it');
  }
});

test('the evidence of a covered range counts answers that were claimed only later', () => {
  const report = accountReport(statusOf('walked'));
  const [detail] = report.details;
  const [first] = detail?.streams ?? [];
  const [page] = first?.evidence ?? [];
  if (!detail || !first || !page) throw new Error('The sample has no evidence.');
  const evidence = [{ ...page, claim: [], answered: page.claim }];
  const html = pageOf({ ...report, details: [{ ...detail, streams: [{ ...first, evidence }] }] });
  expect(/<summary>Evidence for [^<]*: (\d+ \w+) of BitMart/.exec(html)?.[1]).toBe('1 answer');
});

describe('a fleet', () => {
  test('of 5,000 accounts is one table, the soonest loss first, with details of the first 20', async () => {
    const html = pageOf(fleetReport(5_000));
    expect(html.length).toBeLessThan(8_000_000);
    const { page } = await openPage(browser, html, { name: 'fleet-5000' });
    const times = await page
      .locator('.fleet tbody td[data-name="lost after"] time')
      .evaluateAll((found) => found.map((element) => element.getAttribute('datetime') as string));
    expect(times.length).toBeGreaterThan(1_000);
    expect(await page.locator('.fleet tbody tr').count()).toBe(5_000);
    expect(times).toEqual(times.toSorted());
    expect(await page.locator('details.account').count()).toBe(20);
    expect(await page.locator('main').textContent()).toContain('The first 20 of them.');
    expect(await page.locator('.figures').textContent()).toContain('5,000 accounts');
    expect(await sidewaysScroll(page)).toBe(0);
  });

  test('without accounts says how the first one is linked', async () => {
    const { page } = await openPage(browser, pageOf(fleetReport(0)), { name: 'fleet-0' });
    expect(await page.locator('main').textContent()).toContain('No account is linked yet.');
    expect(await page.locator('table').count()).toBe(0);
  });

  test('leads from the table to an account’s details, which open, by keyboard', async () => {
    const { page } = await openPage(browser, pageOf(fleetReport(6)), { name: 'fleet-link' });
    await page.locator('.fleet a').first().focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('details.account').first().getAttribute('open')).toBe('');
    expect(await page.locator('details.account').nth(1).getAttribute('open')).toBeNull();
  });
});

test('texts of users and of the exchange stay texts', async () => {
  const hostile = `"><script>window.hit=1</script><img src="https://example.com/x" onerror="window.hit=2">'&amp;\u202e\u0000`;
  const account = troubledAccount();
  const status = {
    ...account,
    accountId: hostile,
    ownerId: hostile,
    label: hostile,
    subAccount: hostile,
    problems: [
      {
        ...answerProblem(describeProblem({ code: 'wrong-key', stream: hostile })),
        message: hostile,
        remedy: hostile,
        operator: { message: hostile, remedy: hostile },
      },
    ],
  };
  const one = accountReport(status);
  const many = { ...one, fleet: { accounts: one.details, count: 1 } };
  for (const [index, data] of [one, many].entries()) {
    const { page, mishaps } = await openPage(browser, pageOf(data), { name: `hostile-${index}` });
    await openEverything(page);
    expect(mishaps).toEqual([]);
    expect(await page.evaluate('window.hit')).toBeUndefined();
    expect(await page.locator('script, img, iframe').count()).toBe(0);
    expect(await page.locator('h1, h3').allTextContents()).toContainEqual(
      expect.stringContaining('<script>window.hit=1'),
    );
  }
});

test('the page forbids itself whatever it does not need', async () => {
  const { page } = await openPage(browser, single(), { name: 'policy' });
  const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
  expect(policy).toMatch(/^default-src 'none'; style-src 'unsafe-inline'; /);
  expect(policy).not.toContain('script-src');
});
