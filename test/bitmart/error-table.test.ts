import { expect, test } from 'vitest';
import { meaningOf } from '../../src/bitmart/error-table.ts';
import { describeProblem } from '../../src/problems/describe-problem.ts';

/** BitMart's tables, line by line as they are documented: codes, HTTP status, and what they mean for a reader of history. */
const documented: readonly (readonly [string, number, string, string | null])[] = [
  // The gateway.
  ['30000', 404, 'unexpected', 'unexpected-answer'],
  ['30001', 401, 'unexpected', 'unexpected-answer'],
  ['30002', 401, 'refused-key', 'wrong-key'],
  ['30003', 401, 'refused-key', 'key-frozen'],
  ['30004', 401, 'unexpected', 'unexpected-answer'],
  ['30005', 401, 'refused-key', 'wrong-secret-or-memo'],
  ['30006', 401, 'unexpected', 'unexpected-answer'],
  ['30007', 401, 'clock', 'clock'],
  ['30008', 401, 'unexpected', 'unexpected-answer'],
  ['30010', 403, 'refused-key', 'ip-not-allowed'],
  ['30011', 403, 'refused-key', 'key-expired'],
  ['30012', 403, 'refused-stream', 'no-permission'],
  ['30013', 429, 'throttled', 'exchange-unreachable'],
  ['30014', 503, 'transient', 'exchange-unreachable'],
  ['30016', 200, 'maintenance', 'exchange-unreachable'],
  ['30017', 418, 'banned', 'exchange-unreachable'],
  ['30018', 503, 'unexpected', 'unexpected-answer'],
  ['30019', 200, 'refused-stream', 'no-permission'],
  ['30030, 30031', 200, 'refused-stream', 'exchange-closed'],
  // Account, funding, sub-accounts.
  ['60000, 60001', 400, 'unexpected', 'unexpected-answer'],
  ['60002', 400, 'unknown-symbol', 'unexpected-answer'],
  ['60003-60009, 60010-60012, 60020-60022', 400, 'unexpected', 'unexpected-answer'],
  ['60026', 403, 'refused-stream', 'no-permission'],
  ['60027', 403, 'unexpected', 'unexpected-answer'],
  ['60028, 60057, 60029', 403, 'refused-key', 'account-restricted'],
  ['60030', 405, 'unexpected', 'unexpected-answer'],
  ['60031', 415, 'unexpected', 'unexpected-answer'],
  ['60050', 500, 'refused-key', 'account-restricted'],
  ['60051', 500, 'transient', 'exchange-unreachable'],
  ['60052', 400, 'transient', 'exchange-unreachable'],
  ['60061, 60062', 403, 'refused-stream', 'no-permission'],
  ['60063', 403, 'refused-key', 'account-restricted'],
  ['60066', 400, 'beyond-reach', null],
  ['60067', 400, 'unexpected', 'unexpected-answer'],
  ['61003, 61006', 403, 'refused-stream', 'no-permission'],
  ['61001, 61004, 61005, 61007, 61008', 403, 'unexpected', 'unexpected-answer'],
  // Spot and margin.
  ['50000, 50002, 50003, 50013-50019, 50021, 50028, 52000-52003', 400, 'unexpected', 'unexpected-answer'],
  ['51007, 52004', 400, 'unexpected', 'unexpected-answer'],
  ['50001, 50040', 400, 'unknown-symbol', 'unexpected-answer'],
  ['50005', 400, 'unexpected', 'unexpected-answer'],
  ['50022', 503, 'transient', 'exchange-unreachable'],
  ['50041', 400, 'beyond-reach', null],
  ['51001, 51002', 403, 'not-opened', null],
  ['51003, 51024', 403, 'refused-key', 'account-restricted'],
  ['51008', 400, 'transient', 'exchange-unreachable'],
  ['53000, 53011', 403, 'refused-key', 'account-restricted'],
  ['53003, 53005', 403, 'refused-stream', 'no-permission'],
  ['53001, 53002, 53006-53009', 403, 'refused-key', 'account-restricted'],
  ['57001', 405, 'unexpected', 'unexpected-answer'],
  ['58001', 415, 'unexpected', 'unexpected-answer'],
  ['59001', 400, 'refused-key', 'account-restricted'],
  ['59001', 500, 'refused-key', 'account-restricted'],
  ['59002-59005, 59007, 59011', 500, 'transient', 'exchange-unreachable'],
  ['70000-70002, 71001-71005', 200, 'unexpected', 'unexpected-answer'],
  ['70003', 200, 'transient', 'exchange-unreachable'],
  // Futures.
  ['40001, 40046', 403, 'not-opened', null],
  ['40006', 403, 'refused-key', 'ip-not-allowed'],
  ['40007, 40008, 40011, 40039, 49998', 400, 'unexpected', 'unexpected-answer'],
  ['40012', 400, 'transient', 'unexpected-answer'],
  ['40012', 500, 'transient', 'unexpected-answer'],
  ['40013', 200, 'throttled', 'exchange-unreachable'],
  ['40014, 40015, 40034', 400, 'unknown-symbol', 'unexpected-answer'],
  ['40035, 40037', 400, 'unexpected', 'unexpected-answer'],
  ['40047', 403, 'refused-key', 'account-restricted'],
  ['42000', 200, 'unexpected', 'unexpected-answer'],
  ['40020, 25601', 200, 'transient', 'exchange-unreachable'],
];

function codesOf(text: string): number[] {
  return text.split(', ').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

test.each(documented)('%s with HTTP %i is %s', (codes, httpStatus, kind, problem) => {
  for (const code of codesOf(codes)) expect(meaningOf(httpStatus, code), String(code)).toMatchObject({ kind, problem });
});

test('what our request got wrong stays so whatever status it comes with; only a 429 and a 418 say more than a code', () => {
  for (const [codes, , kind] of documented)
    for (const code of codesOf(codes)) {
      expect(meaningOf(500, code).kind, String(code)).toBe(kind);
      expect(meaningOf(429, code).kind, String(code)).toBe(kind === 'banned' ? 'banned' : 'throttled');
      expect(meaningOf(418, code).kind, String(code)).toBe('banned');
    }
});

test.each([
  [400, 'unexpected', 'unexpected-answer'],
  [404, 'unexpected', 'unexpected-answer'],
  [405, 'unexpected', 'unexpected-answer'],
  [415, 'unexpected', 'unexpected-answer'],
  [500, 'transient', 'exchange-unreachable'],
  [503, 'transient', 'exchange-unreachable'],
  [429, 'throttled', 'exchange-unreachable'],
  [418, 'banned', 'exchange-unreachable'],
])('HTTP %i is judged the same with an unknown code and with none', (httpStatus, kind, problem) => {
  for (const code of [98_765, null]) expect(meaningOf(httpStatus, code)).toMatchObject({ kind, problem });
});

test.each([401, 403])('HTTP %i without a code of its own is the network edge, never the key', (httpStatus) => {
  expect(meaningOf(httpStatus, null)).toMatchObject({ kind: 'transient', problem: 'exchange-unreachable' });
  expect(meaningOf(httpStatus, 98_765)).toMatchObject({ kind: 'unexpected' });
});

test('a withdrawn endpoint is named as such, with what can still be done', () => {
  const { problem, facts } = meaningOf(200, 30031);
  const reported = describeProblem({ code: problem ?? 'clock', stream: 'spot-trades', facts });
  expect(reported.message).toMatch(/withdrawn/);
  expect(reported.message).not.toMatch(/2026|2027/);
  expect(reported.remedy).toMatch(/website/);
  expect(describeProblem({ code: 'exchange-closed' }).message).not.toMatch(/withdrawn/);
});
