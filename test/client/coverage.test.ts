import { afterAll, beforeAll, expect, test } from 'vitest';
import { streams } from '../../src/bitmart/streams/index.ts';
import { databaseChecks } from '../../src/cli/diagnosis/database-checks.ts';
import { createClient } from '../../src/client/index.ts';
import {
  adoptCandidate,
  createPostgresStore,
  type Database,
  replaceSingleProblem,
  saveCandidate,
  unlinkAccount,
} from '../../src/database/index.ts';
import type { Stream } from '../../src/history/stream.ts';
import { describeProblem } from '../../src/problems/describe-problem.ts';
import { documentOf, runCommandLine } from '../cli/run-command-line.ts';
import { claiming, pageOf } from '../database/records.ts';
import { setStatus } from '../database/support.ts';
import { freshPlatform, type Platform, unreachable } from './surroundings.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
// Whole seconds, so that every stream can claim them.
const nowMs = Math.floor(Date.now() / 1000) * 1000;
const linkedFromMs = nowMs - 10 * dayMs;
const readToMs = nowMs - hourMs;

let platform: Platform;
let database: Database;
beforeAll(async () => {
  platform = await freshPlatform({ temporalAddress: unreachable });
  database = platform.database;
});
afterAll(() => platform.close());

async function linkedAccount(accountId: string): Promise<string> {
  await saveCandidate(database, { accountId, ownerId: 'anna', keyId: 'key', fingerprint: accountId, sealed: 'sealed' });
  const report = { readOnly: true, permissions: [], keyExpiresAtMs: null, exchangeAccountId: null };
  await adoptCandidate(database, accountId, 'key', report);
  return accountId;
}

/** Reads one window of every part of a stream, as a worker would. */
async function read(accountId: string, stream: Stream, core: { from: number; to: number }): Promise<void> {
  const store = createPostgresStore(database, { gapsOf: () => [] });
  for (const part of stream.parts) {
    const reference = { accountId, stream, part };
    const { fence } = await store.openPart(reference);
    const page = pageOf([], { question: { part, core }, clockMs: nowMs });
    await store.commitPage(
      reference,
      fence,
      page,
      claiming(page, (state) => ({
        ...state,
        claimedFromMs: linkedFromMs,
        requested: [{ from: stream.originMs, to: linkedFromMs }],
        lastReadEndMs: readToMs,
        lastReadAtMs: nowMs,
      })),
    );
  }
}

const [spotTrades] = streams as [Stream];

test('what pages proved is given in ISO times and half-open ranges, and what lies between as a gap', async () => {
  const accountId = await linkedAccount('two-stretches');
  await read(accountId, spotTrades, { from: linkedFromMs, to: linkedFromMs + dayMs });
  await read(accountId, spotTrades, { from: linkedFromMs + 2 * dayMs, to: readToMs });
  const { streams: reported } = await platform.client.forOwner('anna').coverage(accountId);
  expect(reported[0]).toMatchObject({
    stream: 'spot-trades',
    complete: false,
    from: iso(linkedFromMs),
    through: iso(readToMs),
    covered: [
      [iso(linkedFromMs), iso(linkedFromMs + dayMs)],
      [iso(linkedFromMs + 2 * dayMs), iso(readToMs)],
    ],
    lastReadAt: iso(nowMs),
  });
  expect(reported[0]?.gaps).toContainEqual({
    from: iso(linkedFromMs + dayMs),
    to: iso(linkedFromMs + 2 * dayMs),
    reason: 'not-yet-read',
  });
  expect(reported[0]?.atRiskAt).toMatch(/^\d{4}-.*\.\d{3}Z$/);
});

test('coverage says how far back BitMart has served each stream: nothing for a stream without a record', async () => {
  const accountId = await linkedAccount('served-back');
  const withdrawals = streams.find(({ name }) => name === 'withdrawals') as Stream;
  for (const stream of [spotTrades, withdrawals]) await read(accountId, stream, { from: linkedFromMs, to: readToMs });
  await database.pool.query(
    `update coverage set oldest_row_at = $2, proved_reach_ms = $3 where account_id = $1 and stream = 'spot-trades'`,
    [accountId, iso(linkedFromMs - 100 * dayMs), 110.5 * dayMs],
  );
  const run = async (...args: readonly string[]) => {
    const ended = await runCommandLine(args, { env: platform.env });
    expect(ended.stderr).toBe('');
    return ended;
  };
  const document = documentOf(await run('coverage', accountId, '--owner', 'anna', '--json'));
  const reported = (document.streams as { stream: string; servedBack: unknown }[]).map(
    ({ stream, servedBack }) => [stream, servedBack] as const,
  );
  const nothing = streams.slice(1).map(({ name }) => [name, null]);
  expect(reported).toEqual([['spot-trades', iso(linkedFromMs - 100 * dayMs)], ...nothing]);
  const { stdout } = await run('coverage', accountId, '--owner', 'anna');
  expect(stdout.match(/served +back to .*/g)).toEqual([
    `served   back to ${iso(linkedFromMs - 100 * dayMs)
      .slice(0, 16)
      .replace('T', ' ')}`,
  ]);
});

test('doctor shows the greatest age of a served record beside the documented reach', async () => {
  const accountId = await linkedAccount('reach');
  await read(accountId, spotTrades, { from: linkedFromMs, to: readToMs });
  const set = 'update coverage set proved_reach_ms = $1 where stream = $2';
  await database.pool.query(set, [270.56 * dayMs, 'spot-trades']);
  const { DATABASE_URL: url, DATABASE_SCHEMA: schema = 'bitmart_sync' } = platform.env;
  const checks = await databaseChecks(url as string, schema);
  const message = checks.find(({ name }) => name === 'shown reach')?.message;
  expect(message).toContain('spot-trades 270.5 days (documented: 89)');
  expect(message).toContain('futures-trades none yet (documented: 89)');
  expect(message).toContain('deposits none yet (documented: at least 89)');
  expect(checks.map(({ ok }) => ok)).not.toContain(false);
});

test('a stretch without holes is complete, and its evidence names the page that proves it', async () => {
  const accountId = await linkedAccount('one-stretch');
  await read(accountId, spotTrades, { from: linkedFromMs, to: readToMs });
  const coverage = await platform.client.forOwner('anna').coverage(accountId, { evidence: true });
  expect(coverage).toMatchObject({ verified: true, differences: [] });
  const { streams: reported } = coverage;
  expect(reported[0]).toMatchObject({
    complete: true,
    evidence: [
      {
        pageId: expect.any(String),
        part: spotTrades.parts[0],
        claim: [[iso(linkedFromMs), iso(readToMs)]],
        rows: 0,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        answeredAt: iso(nowMs),
        storedAt: expect.stringMatching(/Z$/),
        replayOf: null,
      },
    ],
  });
  expect(reported.slice(1).every((stream) => stream.evidence?.length === 0)).toBe(true);
});

test('what may be lost has a deadline while linked, and none once unlinked', async () => {
  const accountId = await linkedAccount('deadline');
  const owner = platform.client.forOwner('anna');
  const linked = await owner.status(accountId);
  expect(linked.streams.map((stream) => stream.atRiskAt)).not.toContain(null);
  expect(linked.historyAtRiskAt).toBe(linked.streams.map((stream) => stream.atRiskAt as string).sort()[0]);
  await unlinkAccount(database, accountId);
  const unlinked = await owner.status(accountId);
  expect(unlinked).toMatchObject({ status: 'unlinked', historyAtRiskAt: null });
});

function iso(instantMs: number): string {
  return new Date(instantMs).toISOString();
}

test('whether a range is complete: yes with the pages behind it, or everything in the way with what can be done', async () => {
  const accountId = await linkedAccount('complete');
  // Of an exchange that has no end: after it there would be less to prove.
  const client = createClient({ databaseUrl: platform.env.DATABASE_URL as string, timetable: null });
  const owner = client.forOwner('anna');
  await read(accountId, spotTrades, { from: linkedFromMs, to: readToMs });
  await database.pool.query('update coverage set settled_through = $2 where account_id = $1', [
    accountId,
    iso(readToMs - dayMs),
  ]);
  const yes = await owner.completeness(accountId, 'spot-trades', new Date(linkedFromMs), iso(readToMs - dayMs));
  expect(yes).toEqual({
    complete: true,
    pages: [expect.objectContaining({ claim: [[iso(linkedFromMs), iso(readToMs)]] })],
    unreadable: [],
    balances: null,
  });
  expect(await owner.isComplete(accountId, 'spot-trades', new Date(linkedFromMs), iso(readToMs - dayMs))).toBe(true);
  expect(await owner.isComplete(accountId, 'spot-trades', iso(linkedFromMs - dayMs), iso(readToMs))).toBe(false);
  const no = await owner.completeness(accountId, 'spot-trades', iso(linkedFromMs - dayMs), iso(readToMs));
  expect(no).toEqual({
    complete: false,
    gaps: [
      {
        stream: 'spot-trades',
        from: iso(linkedFromMs - dayMs),
        to: iso(linkedFromMs),
        reason: 'expired-before-link',
        remedy: expect.stringContaining('file'),
      },
      {
        stream: 'spot-trades',
        from: iso(readToMs - dayMs),
        to: iso(readToMs),
        reason: 'not-settled',
        remedy: expect.stringContaining('later'),
      },
    ],
    unreadable: [],
    balances: null,
  });
  await setStatus(database, accountId, { status: 'closed' });
  for (const from of [readToMs - dayMs, readToMs]) {
    expect(await owner.completeness(accountId, 'spot-trades', iso(from), iso(from + 1000))).toMatchObject({
      gaps: [{ remedy: 'Nothing more is read of this account; only a file of the BitMart website can have it.' }],
    });
  }
  await expect(owner.sync(accountId)).rejects.toMatchObject({
    code: 'account-closed',
    message: `Account ${accountId} is closed: the exchange has ended, and nothing more is read.`,
  });
  await unlinkAccount(database, accountId);
  expect(await owner.completeness(accountId, 'spot-trades', iso(readToMs), iso(readToMs + 1000))).toMatchObject({
    gaps: [{ reason: 'not-yet-read', remedy: expect.stringContaining('Link its key again') }],
  });
  const backwards = owner.isComplete(accountId, 'spot-trades', '2026-02-01', '2026-01-01');
  await expect(backwards).rejects.toMatchObject({ code: 'wrong-range' });
  await client.close();
});

test('a key that expires soon is reported as expired once its date has passed, and not at all of a closed account', async () => {
  const accountId = await linkedAccount('expired');
  const owner = platform.client.forOwner('anna');
  const expiresAtMs = nowMs - dayMs;
  const messages = async () => (await owner.status(accountId)).problems.map(({ message }) => message);
  const expired = expect.stringMatching(/^The key expired on .*, as far as BitMart said\.$/);

  // Stored before the date: nothing has been read since.
  const stored = describeProblem({ code: 'key-expires-soon', facts: { expiresAtMs } });
  await replaceSingleProblem(database, accountId, 'key-expires-soon', stored);
  expect(await messages()).toEqual([expired]);

  await replaceSingleProblem(database, accountId, 'key-expires-soon', null);
  await database.pool.query('update api_key set expires_at = $2 where account_id = $1', [accountId, iso(expiresAtMs)]);
  expect(await messages()).toEqual([expired]);

  await setStatus(database, accountId, { status: 'closed' });
  expect(await messages()).toEqual([]);
  await replaceSingleProblem(database, accountId, 'key-expires-soon', stored);
  expect(await messages()).toEqual([]);
});
