import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ClientError, type OwnerClient, type StreamName } from '../../src/client/index.ts';
import { compareWithTruth } from '../support/comparison.ts';
import { notRefused } from '../support/not-refused.ts';
import { type System, startSystem } from '../support/system.ts';

/** `sync ID --stream --from --to`: a chosen range is read again, also while a sync is under way. */
let system: System;
const dayMs = 86_400_000;
const days = (count: number) => new Date(Date.now() - count * dayMs);

beforeAll(async () => {
  system = await startSystem({ workerEnv: { CHUNK_PAGES: '4' }, switches: { latencyMs: 10 } });
  await system.startWorker();
});
afterAll(() => system.close());

async function linked(name: string, spotTrades: number) {
  const account = system.sandbox.exchange.addAccount({ name });
  system.sandbox.exchange.generate(name, { spotTrades, days: 80 });
  const owner = system.client.forOwner(name);
  const { accountId } = await notRefused(owner.link(account));
  return { owner, accountId };
}

async function commandLine(...args: string[]) {
  const entry = new URL('../../src/cli/command-line.ts', import.meta.url).pathname;
  const run = promisify(execFile)(process.execPath, [entry, '--json', ...args], {
    env: { ...process.env, ...system.env },
  });
  return run.then(
    ({ stdout }) => ({ status: 0, document: JSON.parse(stdout) }),
    (failure: { code: number; stdout: string }) => ({ status: failure.code, document: JSON.parse(failure.stdout) }),
  );
}

describe('a range read again', () => {
  test('reports its requests and its results', async () => {
    const { owner, accountId } = await linked('again', 300);
    await owner.waitForLive(accountId);
    // Listed long after its time: only a sweep, or a sync of the range, would find it.
    system.sandbox.exchange.add('again', 'spot-trades', [{ createTime: Date.now() - 40 * dayMs }]);
    const asked = ['sync', accountId, '--stream', 'spot-trades', '--from', days(45).toISOString()];
    const first = await commandLine('--owner', 'again', ...asked, '--to', days(35).toISOString());
    expect(first).toMatchObject({
      status: 0,
      document: { stream: 'spot-trades', inserted: 1, changed: 0, stopped: null },
    });
    expect(first.document.requests).toBeGreaterThan(0);
    expect(first.document.served).toBe(first.document.inserted + first.document.unchanged);
    expect(first.document.beyondReachBefore).toBeNull();
    const range = { stream: 'spot-trades' as StreamName, from: days(45), to: days(35) };
    expect(await owner.syncRange(accountId, range)).toMatchObject({ inserted: 0, newlyCovered: [], gaps: [] });
    const old = await owner.syncRange(accountId, { ...range, from: days(200), to: days(80) });
    expect(old.beyondReachBefore).not.toBeNull();
    expect(old.gaps.map((gap) => gap.reason)).toContain('expired-before-link');
    const difference = await compareWithTruth(system.sandbox, system.database, { exchangeAccount: 'again', accountId });
    expect(difference).toEqual({ lost: {}, surplus: {}, stored: 301 });
  });

  test('and a concurrent sync do not disturb each other', async () => {
    const { owner, accountId } = await linked('both', 3_000);
    const range = { stream: 'spot-trades' as StreamName, from: days(30), to: days(20) };
    const [one, other] = await Promise.all([
      owner.syncRange(accountId, range),
      owner.syncRange(accountId, { ...range, stream: 'withdrawals' }),
      owner.waitForLive(accountId),
    ]);
    expect(one.stopped).toBeNull();
    expect(one.served).toBeGreaterThan(0);
    expect(other).toMatchObject({ stream: 'withdrawals', served: 0, stopped: null });
    const status = await owner.waitForLive(accountId);
    expect(status.streams[0]).toMatchObject({ complete: true });
    const difference = await compareWithTruth(system.sandbox, system.database, { exchangeAccount: 'both', accountId });
    expect(difference).toEqual({ lost: {}, surplus: {}, stored: 3_000 });
  });

  test('waits for others where too many are asked for at once', async () => {
    const { owner, accountId } = await linked('many', 0);
    await owner.waitForLive(accountId);
    const range = { stream: 'spot-trades' as StreamName, from: days(30), to: days(20) };
    const answers = await Promise.all(Array.from({ length: 12 }, () => owner.syncRange(accountId, range)));
    expect(answers.map(({ stopped }) => stopped)).toEqual(answers.map(() => null));
  });

  test.each([
    ['an unknown stream', { stream: 'orders' }, 'wrong-stream'],
    ['an end before its start', { from: days(5), to: days(9) }, 'wrong-range'],
    ['a future end', { to: new Date(Date.now() + dayMs) }, 'wrong-range'],
    ['no time', { from: 'yesterday' }, 'wrong-range'],
  ])('with %s is refused in words', async (_what, wrong, code) => {
    const { owner, accountId } = await linked(`wrong ${code} ${_what}`, 0);
    const range = { stream: 'spot-trades' as StreamName, from: days(9), to: days(5), ...wrong } as Parameters<
      OwnerClient['syncRange']
    >[1];
    const refusal = await owner.syncRange(accountId, range).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ClientError);
    expect(refusal).toMatchObject({ code, remedy: expect.any(String) });
  });

  test('without one of its three parts is wrong usage', async () => {
    const wrong = await commandLine('--owner', 'x', 'sync', 'an-account', '--stream', 'spot-trades');
    expect(wrong).toMatchObject({ status: 2, document: { error: { code: 'wrong-usage' } } });
  });
});
