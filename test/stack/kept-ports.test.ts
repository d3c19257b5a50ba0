import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { portOf } from '../../dev/kept-ports.ts';

const folder = mkdtempSync(join(tmpdir(), 'kept-ports-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a stack keeps its ports between starts, and says which one another process took', async () => {
  const said: string[] = [];
  const port = () => portOf(folder, 'postgres', (line) => said.push(line));
  const first = await port();
  expect(await portOf(folder, 'temporal', () => undefined)).not.toBe(first);
  expect(await port()).toBe(first);
  const other = createServer().listen(first, '127.0.0.1');
  await once(other, 'listening');
  const second = await port();
  expect(second).not.toBe(first);
  expect(said).toEqual([`Port ${first} of postgres is in use; it gets ${second}.`]);
  other.close();
  await once(other, 'close');
  expect(await port()).toBe(second);
});
