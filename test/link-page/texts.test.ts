import { describe, expect, test } from 'vitest';
import { streams } from '../../src/bitmart/streams/index.ts';
import { linkLanguages } from '../../src/client/link-sessions.ts';
import { linkingGuide } from '../../src/client/linking-guide.ts';
import { contrastOf, defaultBranding, problemsOfBranding, readableOn } from '../../src/link-page/appearance.ts';
import { linkPageConfig } from '../../src/link-page/configuration.ts';
import { dayOf, textsFor, textsIn } from '../../src/texts/index.ts';

/** Every text by its path; texts that are made are made of examples. */
function textsOf(value: unknown, path = ''): readonly (readonly [path: string, text: string])[] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value === 'function') return [[path, String(value(3, 7))]];
  return Object.entries(value as object).flatMap(([name, inner]) => textsOf(inner, `${path}.${name}`));
}

/** Operators read English or Japanese. */
const shared = ([path]: readonly [string, string]) => !path.startsWith('.operator');
const english = new Map(textsOf(textsIn.en).filter(shared));
/** The names at BitMart, which are the same in every language. */
const names = /\.tag$|picture\.(title|memo|permission|addresses)$/;

describe.each(linkLanguages)('the texts in %s', (language) => {
  const texts = textsOf(textsIn[language]).filter(shared);

  test('are complete, and none is left in English', () => {
    expect(texts.map(([path]) => path).sort()).toEqual([...english.keys()].sort());
    for (const [path, text] of texts) {
      expect(text.trim(), path).not.toBe('');
      if (language !== 'en' && !names.test(path)) expect(text, path).not.toBe(english.get(path));
    }
  });

  test('name every history type that is read', () => {
    for (const { name } of streams) expect(textsIn[language].streams[name], name).toMatch(/\S/);
  });
});

test('numbers, days and plurals follow the language', () => {
  expect([1, 2, 1_234].map(textsIn.en.history.records)).toEqual(['1 record', '2 records', '1,234 records']);
  expect(textsIn.ja.history.records(1_234)).toBe('1,234件');
  const day = Date.UTC(2026, 8, 1, 23, 59);
  expect(linkLanguages.map((language) => dayOf(textsIn[language], day))).toEqual([
    'September 1, 2026',
    '2026年9月1日',
    '2026年9月1日',
    '2026년 9월 1일',
  ]);
});

test.each([
  ['ja', 'en', 'ja'],
  [null, 'de, ko;q=0.8, en;q=0.9', 'en'],
  [null, 'zh-TW,zh;q=0.9', 'zh-Hans'],
  [null, 'fr', 'en'],
  [null, 'constructor', 'en'],
  [null, undefined, 'en'],
])('a session in %s of a browser that asks for %s is in %s', (session, accepted, tag) => {
  expect(textsFor(session, accepted).tag).toBe(tag);
});

describe('the look', () => {
  test('with an unreadable colour is refused, and the message names the contrast', () => {
    expect(problemsOfBranding(defaultBranding)).toEqual([]);
    expect(problemsOfBranding({ ...defaultBranding, accent: '#ffcc00' })).toEqual([
      'LINK_ACCENT #ffcc00 has a contrast of 1.5 to #ffffff; text needs 4.5',
    ]);
    expect(problemsOfBranding({ ...defaultBranding, accent: 'red', logoFile: '/none.gif' })).toHaveLength(2);
  });

  test('has readable text on any accent colour', () => {
    expect(contrastOf('#000000', '#ffffff')).toBe(21);
    for (const colour of ['#1f5fbf', '#8ab8ff', '#777777', '#ffcc00', '#7f0000']) {
      expect(contrastOf(colour, readableOn(colour))).toBeGreaterThan(4.5);
    }
  });
});

test('a public address without https is refused except on this machine, and all errors are listed at once', () => {
  expect(linkPageConfig({}).publicUrl.origin).toBe('http://127.0.0.1:8090');
  expect(linkPageConfig({ LINK_URL: 'https://link.example.com' })).toMatchObject({ proxyHops: 1 });
  const wrong = () =>
    linkPageConfig({
      LINK_ADDRESS: 'here',
      LINK_URL: 'http://link.example.com',
      LINK_PROXY_HOPS: '-1',
      LINK_ACCENT: 'red',
    });
  expect(wrong).toThrow(/LINK_ADDRESS[\s\S]*must be https[\s\S]*LINK_ACCENT[\s\S]*LINK_PROXY_HOPS/);
});

test.each(linkLanguages)(
  'the linking guide in %s has every step and history, and names the addresses to bind',
  (language) => {
    const { steps, reach } = linkingGuide({ language, egressAddresses: ['203.0.113.7', '203.0.113.8'] });
    expect(steps.map(({ id }) => id)).toEqual(linkingGuide().steps.map(({ id }) => id));
    expect(steps.find(({ id }) => id === 'addresses')?.text).toContain('203.0.113.7, 203.0.113.8');
    expect(reach.map(({ stream }) => stream)).toEqual(streams.map(({ name }) => name));
  },
);
