import { pino } from 'pino';
import { expect, test } from 'vitest';
import { errorFields } from '../../src/worker/log.ts';

test('an error is logged with what happened and where, and without the row that failed', () => {
  const lines: string[] = [];
  const log = pino({ serializers: { err: errorFields } }, { write: (line: string) => lines.push(line) });
  const detail = 'Failing row contains (anna, bitmart-sync-box.abc, 12.5)';
  const error = new Error('null value in column "kind"', { cause: new Error('a cause') });
  log.warn({ err: Object.assign(error, { code: '23502', detail }) }, 'seen');
  const [line = ''] = lines;
  expect(JSON.parse(line)).toMatchObject({ msg: 'seen', err: { type: 'Error', code: '23502' } });
  expect(line).toContain('null value in column');
  expect(line).toContain('a cause');
  expect(line).not.toContain('Failing row');
});
