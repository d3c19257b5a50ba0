import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
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

test('a log that can not be written, as on a full disk, neither ends the worker nor keeps it from ending', async () => {
  const lines = `
    import { createLog } from './src/worker/log.ts';
    const log = createLog({ logLevel: 'info', logFormat: 'json' });
    for (let line = 0; line < 3; line++) {
      log.info('a line');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    console.log('alive');`;
  const node = `'${process.execPath}' --input-type=module-typescript -e "$LINES" 2>/dev/full`;
  const ended = await promisify(execFile)('sh', ['-c', node], {
    env: { ...process.env, LINES: lines },
    timeout: 30_000,
  });
  expect(ended.stdout).toBe('alive\n');
});
