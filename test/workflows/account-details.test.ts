import { expect, test } from 'vitest';
import { accountDetails } from '../../src/workflows/account-details.ts';
import { type AccountState, newAccountState } from '../../src/workflows/account-state.ts';

const state: AccountState = {
  ...newAccountState(Date.UTC(2026, 10, 24, 12, 30)),
  status: 'live',
  ownerId: 'alice',
  label: 'My BitMart',
  linked: true,
  streams: [
    {
      stream: 'spot-trades',
      rows: 1_234,
      from: '2026-08-27T12:00:00.000Z',
      through: '2026-11-24T12:29:00.000Z',
      gaps: 2,
      gapReasons: ['expired-before-link', 'too-dense'],
    },
    { stream: 'deposits', rows: 0, from: null, through: null, gaps: 1 },
  ],
  problems: [{ code: 'key-frozen' }, { code: 'no-permission', stream: 'deposits' }],
  historyAtRiskAt: '2026-11-25T12:00:00.000Z',
};

test('the page of an account explains its state completely', () => {
  const details = accountDetails('abc', state, 'waiting for the next sync');
  expect(details).toContain('**live** · waiting for the next sync');
  expect(details).toContain('Account `abc` (My BitMart) of `alice`');
  expect(details).toContain(
    '| `spot-trades` | `1234` | `2026-08-27 12:00` | `2026-11-24 12:29` | `2: expired-before-link, too-dense` |',
  );
  // Reported by 0.1.0, which named no reasons.
  expect(details).toContain('| `deposits` | `0` | `–` | `–` | `1` |');
  expect(details).toMatch(/\*\*key-frozen\*\*: .+\. .+\. Runbook: `docs\/runbook\.md#key-frozen`/);
  expect(details).toContain('Next sync: 2026-11-24 12:30');
  expect(details).toContain('History at risk from: 2026-11-25 12:00');
  expect(details).toContain('Complete through: –');
});

test('where a text depends on facts, which a workflow does not have, the page names the command that has it', () => {
  expect(accountDetails('abc', state, '')).toContain(
    '**no-permission** (deposits): Its details are in Postgres. To see them: `bitmart-sync --owner alice explain abc`. Runbook:',
  );
  const codes = ['exchange-closed', 'fills-missing', 'no-permission', 'different-account', 'ip-not-allowed'] as const;
  const details = accountDetails('abc', { ...state, problems: codes.map((code) => ({ code })) }, '');
  expect(details).not.toMatch(
    /before the account was linked|0 orders|Read Only|another BitMart account|EGRESS_ADDRESSES/,
  );
  expect(details.match(/explain abc/g)).toHaveLength(codes.length);
});

test('an owner id that is no plain word is not put into a command', () => {
  for (const ownerId of ['two words', '`a`', '$(id)', null]) {
    expect(accountDetails('abc', { ...state, ownerId }, '')).toContain('`bitmart-sync --owner OWNER explain abc`');
  }
});

test('what a user typed is text, whatever it looks like', () => {
  const hostile = { ...state, label: '[pay](http://x) **now** `x` | # y', ownerId: '<b>a</b>\n# z' };
  const line = accountDetails('abc', hostile, '').split('\n')[2];
  expect(line).toBe('Account `abc` (·pay··http···x· ··now·· ·x· · · y) of `·b·a··b··· z`');
});

test('however many problems there are, it stays within what Temporal keeps', () => {
  const problems = Array.from({ length: 300 }, () => ({ code: 'unexpected-answer' as const, stream: 'spot-trades' }));
  expect(Buffer.byteLength(accountDetails('abc', { ...state, problems }, ''))).toBeLessThan(20_000);
});
