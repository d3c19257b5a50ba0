import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  adoptCandidate,
  connectDatabase,
  type Database,
  saveCandidate,
  standInOwner,
} from '../../src/database/index.ts';
import type { AccountStatus } from '../../src/workflows/messages.ts';
import { documentOf, runCommandLine } from '../cli/run-command-line.ts';
import { setStatus } from '../database/support.ts';
import { freshPlatform, type Platform, unreachable } from './surroundings.ts';

const dayMs = 86_400_000;

let platform: Platform;
let database: Database;
beforeAll(async () => {
  platform = await freshPlatform({ temporalAddress: unreachable });
  database = connectDatabase({ url: platform.env.DATABASE_URL as string });
  await account('anna', 'a-live', 'live', 60);
  await account('anna', 'a-soon', 'needs-attention', 2);
  await account('anna', 'a-never-read', 'backfilling', null);
  await account('anna', 'a-unlinked', 'unlinked', 1);
  await account('ben', 'b-sooner', 'paused', 1);
  await saveCandidate(database, {
    accountId: 'looked-at',
    ownerId: standInOwner('looked-at'),
    keyId: 'key',
    fingerprint: 'looked-at',
    sealed: 'sealed',
  });
});
afterAll(async () => {
  await database.close();
  await platform.close();
});

async function account(ownerId: string, accountId: string, status: AccountStatus, days: number | null): Promise<void> {
  // A label that would clear the screen and forge a line.
  const label = 'Mine\u001b[2J\nforged';
  await saveCandidate(database, { accountId, ownerId, label, keyId: 'key', fingerprint: accountId, sealed: 'sealed' });
  await adoptCandidate(database, accountId, 'key', {
    readOnly: true,
    permissions: [],
    keyExpiresAtMs: null,
    exchangeAccountId: null,
  });
  const historyAtRiskAt = days === null ? null : new Date(Date.now() + days * dayMs);
  await setStatus(database, accountId, { status, historyAtRiskAt });
}

async function listed(...args: readonly string[]): Promise<readonly unknown[]> {
  const ended = await runCommandLine(['list', '--json', ...args], { env: platform.env });
  expect(ended).toMatchObject({ status: 0, stderr: '' });
  return (documentOf(ended).accounts as { accountId: string }[]).map(({ accountId }) => accountId);
}

test.each([
  [
    ['--owner', 'anna'],
    ['a-live', 'a-soon', 'a-never-read', 'a-unlinked'],
  ],
  [['--owner', 'anna', '--status', 'live', 'paused'], ['a-live']],
  [
    ['--owner', 'anna', '--status', 'live', '--status', 'needs-attention'],
    ['a-live', 'a-soon'],
  ],
  // What was never read may be expiring now; what is unlinked has nothing to lose.
  [
    ['--owner', 'anna', '--at-risk', '7d'],
    ['a-never-read', 'a-soon'],
  ],
  [['--owner', 'anna', '--at-risk', '36h'], ['a-never-read']],
  [['--owner', 'anna', '--at-risk', '7d', '--status', 'live'], []],
  [
    ['--all-owners', '--at-risk', '7d'],
    ['a-never-read', 'b-sooner', 'a-soon'],
  ],
  [['--all-owners'], ['a-live', 'a-soon', 'a-never-read', 'a-unlinked', 'b-sooner']],
])('list %s', async (args, accounts) => expect(await listed(...args)).toEqual(accounts));

test.each([
  [['--owner', 'anna', '--all-owners'], '--all-owners'],
  [['--owner', 'anna', '--at-risk', 'soon'], '7d'],
  [['--owner', 'anna', '--status', 'dead'], 'needs-attention'],
])('list %s is wrong usage, and says what is right', async (args, said) => {
  const ended = await runCommandLine(['list', ...args], { env: platform.env });
  expect(ended).toMatchObject({ status: 2, stdout: '' });
  expect(ended.stderr).toContain(said);
});

test('for people: owners where there are several, and nothing that a label could do to a terminal', async () => {
  const { stdout } = await runCommandLine(['list', '--all-owners'], { env: { ...platform.env, FORCE_COLOR: '1' } });
  expect(stdout).toContain('ben');
  expect(stdout).not.toContain('\u001b[2J');
  expect(stdout.trimEnd().split('\n')).toHaveLength(6);
});

test('explain says what stands in the way although Temporal is away', async () => {
  const ended = await runCommandLine(['explain', 'b-sooner', '--owner', 'ben'], { env: platform.env });
  expect(ended.status).toBe(0);
  expect(ended.stdout).toContain('bitmart-sync --owner ben resume b-sooner');
  expect(ended.stdout).toContain('Temporal can’t be reached');
});

test('a closed account is neither paused nor resumed', async () => {
  await account('carl', 'c-closed', 'closed', null);
  const owner = platform.client.forOwner('carl');
  for (const command of ['pause', 'resume', 'sync'] as const)
    await expect(owner[command]('c-closed'), command).rejects.toMatchObject({ code: 'account-closed' });
});
