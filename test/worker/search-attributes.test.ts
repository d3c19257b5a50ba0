import type { Connection } from '@temporalio/client';
import { expect, test } from 'vitest';
import { registerSearchAttributes } from '../../src/worker/temporal-connection.ts';
import { searchAttributes } from '../../src/workflows/search-attribute-keys.ts';

const denied = Object.assign(new Error('7 PERMISSION_DENIED: Request unauthorized.'), { code: 7 });
const all = Object.fromEntries(searchAttributes.map(({ name }) => [name, 2]));

async function register(operatorService: Record<string, () => Promise<unknown>>): Promise<readonly unknown[]> {
  const warnings: unknown[] = [];
  const log = { warn: (...words: unknown[]) => warnings.push(words) };
  await registerSearchAttributes({ operatorService } as unknown as Connection, 'namespace', log);
  return warnings;
}

test('a worker that may not list search attributes warns, and works with the existing ones', async () => {
  const warnings = await register({ listSearchAttributes: () => Promise.reject(denied) });
  expect(JSON.stringify(warnings)).toContain('OwnerId');
});

test('an unreachable Temporal is not reported as missing permissions', async () => {
  const away = Object.assign(new Error('14 UNAVAILABLE'), { code: 14 });
  await expect(register({ listSearchAttributes: () => Promise.reject(away) })).rejects.toBe(away);
});

test('missing search attributes that can not be registered cause an error that names them', async () => {
  const listing = (customAttributes: object) => async () => ({ customAttributes });
  expect(await register({ listSearchAttributes: listing(all) })).toEqual([]);
  await expect(
    register({ listSearchAttributes: listing({}), addSearchAttributes: () => Promise.reject(denied) }),
  ).rejects.toThrow(/OwnerId \(KEYWORD\).*Register them/);
});
