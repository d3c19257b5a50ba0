import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** As Postgres' driver reports a row that it could not store. */
const script = `
  import { createLog } from '${new URL('../../src/worker/log.ts', import.meta.url)}';
  const detail = 'Failing row contains (anna, bitmart-sync-box.abc, 12.5)';
  const err = Object.assign(new Error('null value in column "kind"', { cause: new Error('a cause') }), { code: '23502', detail });
  createLog({ logLevel: 'trace', logFormat: 'json' }).warn({ err }, 'seen');
`;

test('an error is logged with what happened and where, and without the row that failed', () => {
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
  const line = JSON.parse(stderr) as { err: Record<string, string> };
  expect(line).toMatchObject({ msg: 'seen', err: { type: 'Error', code: '23502' } });
  expect(line.err.message).toContain('null value in column "kind"');
  expect(line.err.message).toContain('a cause');
  expect(stderr).not.toContain('Failing row');
});
