import { inspect } from 'node:util';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { BadCredentials, Credentials, fingerprintOf, parseCredentials } from '../../src/credentials/credentials.ts';

const texts = { apiKey: 'canary-key', apiSecret: 'canary-secret', memo: 'canary-memo' };

describe('credentials', () => {
  test('show nothing of themselves however they are printed, logged, copied or serialised', () => {
    const credentials = new Credentials(texts);
    const lines: string[] = [];
    const log = pino({}, { write: (line: string) => lines.push(line) });
    log.info({ credentials }, 'linking %o', credentials);
    const seen = [
      String(credentials),
      `${credentials}`,
      JSON.stringify({ credentials }),
      inspect(credentials, { showHidden: true, depth: 9 }),
      inspect({ nested: [credentials] }, { showHidden: true, depth: 9, getters: true }),
      JSON.stringify({ ...credentials }),
      JSON.stringify(Object.entries(credentials)),
      inspect(structuredClone({ ...credentials })),
      ...lines,
    ];
    expect(seen.join('\n')).not.toContain('canary');
    expect(lines.join()).toContain('[secret]');
  });

  test('answer with the three texts where these are asked for', () => {
    const { apiKey, apiSecret, memo } = new Credentials(texts);
    expect({ apiKey, apiSecret, memo }).toEqual(texts);
  });
});

describe('input for credentials', () => {
  test('is the three texts; blanks and quotes around key and secret fall away', () => {
    const credentials = parseCredentials({
      ...texts,
      apiKey: ' canary-key\n',
      apiSecret: '\t“canary-secret” ',
    });
    expect([credentials.apiKey, credentials.apiSecret, credentials.memo]).toEqual(Object.values(texts));
  });

  test.each([' canary-memo ', '  ', '', '"canary-memo"'])('keeps the memo unchanged: %j', (memo) => {
    expect(parseCredentials({ ...texts, memo }).memo).toBe(memo);
    expect(parseCredentials({ ...texts, memo: `${memo}\r\n` }).memo).toBe(memo);
  });

  test.each([
    ['no object', 'canary', 'the input is not an object'],
    ['a list', ['canary'], 'the input is not an object'],
    ['nothing', null, 'the input is not an object'],
    ['a missing text', { apiKey: 'canary', memo: 'canary' }, 'apiSecret is missing'],
    ['a number', { ...texts, memo: 123 }, 'memo is not a text but a number'],
  ])('is refused with the reason: %s', (_, input, reason) => {
    const attempt = () => parseCredentials(input);
    expect(attempt).toThrow(BadCredentials);
    expect(attempt).toThrow(reason);
    expect(attempt).not.toThrow('canary');
  });

  test('that is wrong in several ways names all of them at once', () => {
    expect(() => parseCredentials({ apiKey: 7 })).toThrow(
      /apiKey is not a text.*; apiSecret is missing; memo is missing/,
    );
  });
});

test('a fingerprint is the same for one key and tells nothing of it', () => {
  const fingerprint = fingerprintOf('canary-key');
  expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
  expect(fingerprintOf('canary-key')).toBe(fingerprint);
  expect(fingerprintOf('canary-kez')).not.toBe(fingerprint);
  expect(fingerprintOf('canary-key', 'another')).not.toBe(fingerprint);
});
