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
