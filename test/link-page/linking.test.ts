import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type LinkPageSystem,
  owner,
  problemCodes,
  startLinkPageSystem,
  stateIs,
  submitKey,
} from './link-page-system.ts';

let system: LinkPageSystem;
beforeAll(async () => {
  system = await startLinkPageSystem({ switches: { latencyMs: 250 } });
});
afterAll(() => system.close());

test('from a session to a linked account takes under 3 s with an exchange that answers in 250 ms', async () => {
  const account = system.sandbox.exchange.addAccount();
  system.sandbox.exchange.generate(account.name, { spotTrades: 300, deposits: 5, days: 40 });
  const page = await system.page();
  const startedMs = performance.now();
  const session = await system.session();
  await page.goto(session.url);
  await submitKey(page, account);
  await stateIs(page, 'linked');
  const tookMs = performance.now() - startedMs;
  console.log(`linked after ${Math.round(tookMs)} ms`);
  expect(tookMs).toBeLessThan(3_000);
  const state = await system.platform.forOwner(owner).linkSession(session.sessionId);
  expect(state).toMatchObject({ state: 'linked', outcome: 'linked', accountId: expect.any(String), problems: [] });
});

describe('a key that is wrong', () => {
  test('x', async () => {
    const account = system.sandbox.exchange.addAccount();
    const page = await system.page();
    const session = await system.session();
    await page.goto(session.url);
    await submitKey(page, { ...account, memo: 'wrong' });
    await stateIs(page, 'refused');
    expect(await problemCodes(page)).toEqual(['wrong-secret-or-memo']);
  });
});
