import { expect, test } from 'vitest';
import { ConfigurationError, loadWorkerConfig } from '../../src/config.ts';

async function problemsOf(env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  try {
    await loadWorkerConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
}

test('settings that would break limits or stop all work are refused together, each by its name', async () => {
  const problems = await problemsOf({
    DATABASE_URL: 'postgres://user@host/database',
    CREDENTIALS_KEY_FILE: '/nowhere',
    RATE_SHARE: '1.2',
    DATABASE_CONNECTIONS: '0',
    ACTIVITY_SLOTS: '-3',
    REQUESTS_AT_ONCE: '1.5',
    CHUNK_PAGES: 'many',
    CHUNK_SECONDS: '300',
    SYNC_INTERVAL: '0s',
  });
  expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual([
    'ACTIVITY_SLOTS',
    'CHUNK_PAGES',
    'CHUNK_SECONDS',
    'CREDENTIALS_KEY_FILE',
    'DATABASE_CONNECTIONS',
    'RATE_SHARE',
    'REQUESTS_AT_ONCE',
    'SYNC_INTERVAL',
  ]);
  expect(problems).toContain('RATE_SHARE must not be above 1');
  expect(problems).toContain('DATABASE_CONNECTIONS must be above 0');
});

test.each([
  ['http://sandbox:8080', {}, 'plain http to another machine'],
  ['http://127.0.0.1.example.com', {}, 'plain http to another machine'],
  ['http://10.0.0.7:8080', {}, 'plain http to another machine'],
  ['http://api-cloud.bitmart.com', { BITMART_PLAIN_HTTP: 'sandbox' }, 'must be https'],
  ['http://api-cloud.bitmart.com.', { BITMART_PLAIN_HTTP: 'sandbox' }, 'must be https'],
  ['http://sandbox:8080', { BITMART_PLAIN_HTTP: 'sandbox' }, null],
  ['http://127.0.0.2:1', {}, null],
  ['http://[::1]:1', {}, null],
  ['http://localhost:1', {}, null],
  ['https://sandbox.example.com', {}, null],
])('keys are sent to %s with %j: %s', async (url, env, problem) => {
  const problems = await problemsOf({ DATABASE_URL: 'postgres://u@h/d', ...env, BITMART_SPOT_URL: url });
  const reported = problems.filter((line) => line.startsWith('BITMART_'));
  expect(reported).toEqual(problem === null ? [] : [expect.stringContaining(problem)]);
});
