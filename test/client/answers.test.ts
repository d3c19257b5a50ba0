import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { documentOf, runCommandLine } from '../cli/run-command-line.ts';
import { notRefused } from '../support/not-refused.ts';
import { credentials, freshPlatform, type Platform, unreachable } from './surroundings.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await freshPlatform({ temporalAddress: unreachable });
});
afterAll(() => platform.close());

describe('standard output with --json', () => {
  test('is one document for every command that reads, --json before or after it', async () => {
    const { accountId } = await notRefused(platform.client.forOwner('anna').link(credentials()));
    const list = await runCommandLine(['--json', '--owner', 'anna', 'list'], { env: platform.env });
    expect(list).toMatchObject({ status: 0, stderr: '' });
    expect(documentOf(list)).toMatchObject({ accounts: [{ accountId }] });
    const status = await runCommandLine(['status', accountId, '--owner', 'anna', '--json'], { env: platform.env });
    expect(status.status).toBe(0);
    expect(documentOf(status)).toMatchObject({ accountId, status: 'checking' });
    const coverage = await runCommandLine(['coverage', '--evidence', accountId, '--json', '--owner', 'anna'], {
      env: platform.env,
    });
    expect(coverage.status).toBe(0);
    expect(documentOf(coverage)).toMatchObject({ accountId });
  });

  test('is one document when the command fails', async () => {
    const ended = await runCommandLine(['status', 'nosuchaccount', '--owner', 'anna', '--json'], { env: platform.env });
    expect(ended.status).toBe(1);
    expect(documentOf(ended)).toEqual({
      error: { code: 'account-not-found', message: expect.any(String), remedy: expect.any(String) },
    });
  });

  test('is one document when the key can’t be checked: status checking, exit 1, within 30 seconds', async () => {
    const secret = credentials();
    const ended = await runCommandLine(['link', '--owner', 'anna', '--json'], {
      env: platform.env,
      stdin: JSON.stringify(secret),
    });
    expect(ended.status).toBe(1);
    expect(ended.tookMs).toBeLessThan(30_000);
    expect(Object.keys(documentOf(ended))).toEqual(
      'accountId status alreadyLinked readOnly permissions keyExpiresAt problems remarks'.split(' '),
    );
    expect(documentOf(ended)).toMatchObject({ status: 'checking', problems: [{ code: 'temporal-unreachable' }] });
    for (const text of Object.values(secret)) expect(ended.stdout + ended.stderr).not.toContain(text);
  });
});

test('a key that was never sent is not said to be refused by the exchange', async () => {
  const stdin = JSON.stringify({ ...credentials(), apiKey: '' });
  for (const command of ['link', 'check']) {
    const ended = await runCommandLine([command, '--owner', 'anna'], { env: platform.env, stdin });
    expect(ended.status).toBe(3);
    expect(ended.stdout).toMatch(/^The key was refused\n/);
  }
});

describe('credentials that are not the three texts', () => {
  const inputs = {
    'an empty input': '',
    'no JSON': '{"apiKey": "canary-1"',
    'a missing memo': '{"apiKey":"canary-1","apiSecret":"canary-2"}',
    'a number for a memo': '{"apiKey":"canary-1","apiSecret":"canary-2","memo":7}',
    'a list': '["canary-1","canary-2","canary-3"]',
  };
  test.each(Object.entries(inputs))('%s: exit 2 with the reason, and nothing of the input', async (_, stdin) => {
    const ended = await runCommandLine(['link', '--owner', 'anna', '--json'], { env: platform.env, stdin });
    expect(ended.status).toBe(2);
    expect(documentOf(ended)).toMatchObject({ error: { code: 'wrong-credentials' } });
    expect(ended.stdout + ended.stderr).not.toContain('canary');
  });
});

describe('text for people', () => {
  test('is a table without colours when it is not a terminal', async () => {
    const ended = await runCommandLine(['list', '--owner', 'anna'], { env: platform.env });
    expect(ended.stdout).toContain('account');
    expect(ended.stdout).not.toContain('\u001b');
  });

  test('an error says the next step, and no stack unless it is asked for', async () => {
    const away = { ...platform.env, DATABASE_URL: 'postgres://user:canary-password@127.0.0.1:1/none' };
    const ended = await runCommandLine(['list', '--owner', 'anna'], { env: away });
    expect(ended).toMatchObject({ status: 1, stdout: '' });
    expect(ended.stderr).toContain('127.0.0.1:1');
    expect(ended.stderr).toContain('DATABASE_URL');
    expect(ended.stderr).not.toContain('canary');
    expect(ended.stderr).not.toMatch(/^\s+at /m);
    const debugging = await runCommandLine(['list', '--owner', 'anna'], { env: { ...away, LOG_LEVEL: 'debug' } });
    expect(debugging.stderr).toMatch(/^\s+at /m);
  });

  test('a schema that was never migrated is reported with the command that migrates it', async () => {
    const ended = await runCommandLine(['list', '--owner', 'anna'], {
      env: { ...platform.env, DATABASE_SCHEMA: 'never_migrated' },
    });
    expect(ended.status).toBe(1);
    expect(ended.stderr).toContain('migrate');
  });
});

describe('doctor', () => {
  test('names each thing that is missing and fails', async () => {
    const env = { ...platform.env, BITMART_SPOT_URL: 'http://127.0.0.1:1', BITMART_FUTURES_URL: 'http://127.0.0.1:1' };
    const ended = await runCommandLine(['doctor', '--json'], { env });
    expect(ended.status).toBe(1);
    const { ok, checks } = documentOf(ended) as {
      ok: boolean;
      checks: { name: string; ok: boolean; skipped?: true }[];
    };
    expect(ok).toBe(false);
    expect(Object.fromEntries(checks.map((check) => [check.name, check.ok]))).toEqual({
      configuration: true,
      database: true,
      roles: true,
      schema: true,
      'shown reach': true,
      space: true,
      temporal: false,
      namespace: false,
      'search attributes': false,
      worker: false,
      'exchange (spot)': false,
      'exchange (futures)': false,
      clock: false,
    });
    expect(checks.filter((check) => check.skipped).map((check) => check.name)).toEqual([
      'namespace',
      'search attributes',
      'worker',
      'clock',
    ]);
  });
});
