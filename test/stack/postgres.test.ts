import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { startPostgres } from '../../dev/postgres.ts';

const folder = mkdtempSync(join(tmpdir(), 'bitmart-sync-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a Postgres that ends before it is ready is an error that says what its log says', async () => {
  const settings = { shared_buffers: 'plenty' };
  await expect(startPostgres({ directory: join(folder, 'server'), settings })).rejects.toThrow(
    'invalid value for parameter "shared_buffers": "plenty"',
  );
});
