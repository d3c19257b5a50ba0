import type pg from 'pg';
import { instantMs } from './instants.ts';

type Parser = (text: string) => unknown;

/**
 * How answers of Postgres become values: never fewer digits than were stored. Amounts (`numeric`) stay text, `json`
 * keeps the served text, counts become numbers while they are exact, times become Date.
 */
const parsers = new Map<number, Parser>([
  [16, (text) => text === 't'],
  [17, (text) => Buffer.from(text.slice(2), 'hex')],
  [20, (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : text)],
  [21, Number],
  [23, Number],
  [26, Number],
  [701, Number],
  [1184, (text) => new Date(instantMs(text))],
  [3802, (text) => JSON.parse(text)],
]);

const textArrays = new Set([1009, 1015]);

export function valueParsers(driver: typeof pg): pg.CustomTypesConfig {
  return {
    getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
      if (format === 'binary') return driver.types.getTypeParser(oid, 'binary');
      if (textArrays.has(oid)) return driver.types.getTypeParser(oid, 'text');
      return parsers.get(oid) ?? ((text: string) => text);
    }) as pg.CustomTypesConfig['getTypeParser'],
  };
}
