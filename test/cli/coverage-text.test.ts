import { expect, test } from 'vitest';
import type { Coverage } from '../../src/answers/index.ts';
import { coverageText } from '../../src/cli/coverage-text.ts';

test('coverage names each order that was filled more than its stored trades say', () => {
  const at = '2026-10-01T08:30:00.000Z';
  const order = { orderId: '7001\u001b[31m', symbol: 'BTC_USDT', from: at, to: '2026-10-01T08:31:00.000Z' };
  const coverage: Coverage = {
    accountId: 'abc',
    asOf: at,
    complete: true,
    unreadable: [],
    balances: null,
    streams: [
      {
        ...{ stream: 'spot-trades', rows: 2, complete: true, from: at, through: at, settledThrough: at },
        ...{ covered: [], gaps: [], atRiskAt: null, lastReadAt: at, servedBack: null, requestedAt: null },
        quarantined: [{ reason: 'other-part:\u009b2J', code: 'other-part', rows: 1 }],
        fillsMissing: [{ ...order, filled: '1.5', filledNotional: null, stored: '1.0' }],
      },
    ],
  };
  const text = coverageText(coverage, (_colour, words) => words);
  expect(text).toContain("1 row that can't be read: other-part:·2J");
  expect(text).toMatch(
    /missing {2}2026-10-01 08:30 → 2026-10-01 08:31 {2}fills-missing: order 7001\S* \(BTC_USDT\) was filled by 1\.5, its trades by 1\.0/,
  );
  expect(text).not.toContain('\u001b');
});
