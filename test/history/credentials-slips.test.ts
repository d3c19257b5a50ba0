import { describe, expect, test } from 'vitest';
import {
  type CredentialsSlip,
  certainProblem,
  cleanedTexts,
  type KeyTexts,
  slipsOf,
} from '../../src/history/credentials-slips.ts';

const hex = (length: number) => '0123456789abcdef'.repeat(4).slice(0, length);
const right: KeyTexts = { apiKey: hex(40), apiSecret: hex(64), memo: 'tax report' };

/** What a person pastes, what is named, and whether no request is needed to refuse it. */
const pasted: readonly [what: string, Partial<KeyTexts>, slips: readonly CredentialsSlip[], isCertain: boolean][] = [
  ['nothing wrong', {}, [], false],
  ['a line break at the end', { apiKey: `${right.apiKey}\r\n`, memo: 'tax report\n' }, [], false],
  ['blanks around', { apiKey: `  ${right.apiKey}\t`, apiSecret: ` ${right.apiSecret}` }, [], false],
  ['blanks without a width', { apiKey: `\u200b${right.apiKey}\ufeff` }, [], false],
  ['quotes', { apiKey: `"${right.apiKey}"`, apiSecret: `“${right.apiSecret}”` }, [], false],
  ['no key', { apiKey: ' ' }, ['key-empty'], true],
  ['a line break in the key', { apiKey: `${hex(20)}\n${hex(20)}` }, ['key-malformed'], true],
  ['a blank in the key', { apiKey: `${hex(20)} ${hex(20)}` }, ['key-malformed'], true],
  ['a key with letters of another script', { apiKey: 'ключ' }, ['key-malformed'], true],
  ['a whole page as key', { apiKey: hex(64).repeat(9) }, ['key-malformed'], true],
  ['key and secret swapped', { apiKey: right.apiSecret, apiSecret: right.apiKey }, ['key-and-secret-swapped'], false],
  ['half a key', { apiKey: hex(31) }, ['key-cut-short'], false],
  [
    'a key of Binance',
    { apiKey: 'vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A' },
    ['key-of-another-exchange'],
    false,
  ],
  ['a key of OKX', { apiKey: 'a85e4b0d-5f2b-4e0a-9c5d-0d3c1f6f8e2a' }, ['key-of-another-exchange'], false],
  ['a key of Kraken', { apiKey: `${'Ab+/'.repeat(13)}Abc=` }, ['key-of-another-exchange'], false],
  ['no secret', { apiSecret: '' }, ['secret-empty'], true],
  ['a line break in the secret', { apiSecret: `${hex(32)}\n${hex(32)}` }, ['secret-malformed'], true],
  ['half a secret', { apiSecret: hex(50) }, ['secret-cut-short'], false],
  ['the key as secret', { apiSecret: right.apiKey }, ['secret-same-as-key'], false],
  ['the memo as secret', { apiSecret: 'taxes', memo: 'taxes' }, ['secret-same-as-memo'], false],
  ['a line break in the memo', { memo: 'tax\nreport' }, ['memo-malformed'], true],
  ['half a character in the memo', { memo: 'tax\ud800' }, ['memo-malformed'], true],
  ['a whole page as memo', { memo: 'tax '.repeat(200) }, ['memo-malformed', 'memo-with-outer-blanks'], true],
  ['no memo', { memo: ' ' }, ['memo-blank'], false],
  ['blanks around the memo', { memo: ' tax' }, ['memo-with-outer-blanks'], false],
  ['an account number as memo', { memo: '12345678' }, ['memo-like-account-number'], false],
  ['the secret as memo', { memo: right.apiSecret }, ['memo-like-key', 'secret-same-as-memo'], false],
  ['symbols in the memo', { memo: 'tax!' }, ['memo-with-symbols'], false],
];

describe('a paste', () => {
  test.each(pasted)('with %s is named', (_, given, slips, isCertain) => {
    const texts = cleanedTexts({ ...right, ...given });
    expect(slipsOf(texts)).toEqual(slips);
    expect(certainProblem(texts) !== null).toBe(isCertain);
  });

  test('of a megabyte of blanks is judged at once', () => {
    const blanks = `x${' '.repeat(500_000)}x${'\n'.repeat(500_000)}x`;
    const startedMs = performance.now();
    const texts = cleanedTexts({ apiKey: blanks, apiSecret: blanks, memo: blanks });
    expect(slipsOf(texts)).toEqual(expect.arrayContaining(['key-malformed', 'secret-malformed', 'memo-malformed']));
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });

  test('that is right is what is used', () => {
    for (const [, given, slips] of pasted.slice(0, 5)) {
      expect(slips).toEqual([]);
      expect(cleanedTexts({ ...right, ...given })).toEqual(right);
    }
  });
});
