import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AddedAccount, type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { problemsOf } from '../../src/activities/key-check-result.ts';
import { createBitmartExchange } from '../../src/bitmart/index.ts';
import { futuresFlows } from '../../src/bitmart/streams/futures-flows.ts';
import type { Exchange, KeyCheckStep } from '../../src/history/ports.ts';
import { exchangeAnswers } from '../support/exchange-answers.ts';
import { MemoryPace } from '../support/memory-pace.ts';
import { against, key, noRows } from './bitmart-server.ts';

const egressAddresses = ['203.0.113.7'];
const { signal } = new AbortController();

let sandbox: Sandbox;
let exchange: Exchange & { close(): Promise<void> };
const pace = new MemoryPace();
const spotStep = 'stream:spot-trades';

beforeAll(async () => {
  sandbox = await startSandbox({ seed: 3 });
  const options = { spotUrl: sandbox.url, futuresUrl: sandbox.url, limits: 'published', rateShare: 1, pace } as const;
  exchange = createBitmartExchange({ ...options, timeouts: { connectMs: 500, headersMs: 400, bodyMs: 400 } });
});
afterAll(async () => {
  await exchange.close();
  await sandbox.close();
});

async function lookAt(key: Pick<AddedAccount, 'apiKey' | 'apiSecret' | 'memo'>, subAccount: string | null = null) {
  const steps = new Map<string, string>();
  const onStep = ({ step, verdict }: KeyCheckStep) => steps.set(step, verdict);
  const report = await exchange
    .open({ credentials: key, fingerprint: `of ${key.apiKey}` })
    .check({ subAccount, onStep }, signal);
  const outcome = report.conclusive ? (report.accepted ? 'accepted' : 'refused') : 'undecided';
  const problems = problemsOf(report, { egressAddresses }, { nowMs: Date.now(), knownExpiryMs: null });
  return { report, outcome, problems, steps };
}

describe.concurrent('a first look at a key that meets', () => {
  test.each(exchangeAnswers)('$name: $link, $problem', async ({ name, fault, link, problem, stream, remedy }) => {
    const account = sandbox.exchange.addAccount({ name });
    sandbox.exchange.inject({ ...fault, account: name });
    const { outcome, problems } = await lookAt(account);
    expect(outcome).toBe(link);
    const reported = problems.filter((one) => stream !== 'withdrawals' || one.stream !== 'deposits');
    expect(reported.map((one) => ({ code: one.code, stream: one.stream }))).toEqual(
      problem === null ? [] : [{ code: problem, stream: problem === null ? undefined : stream }],
    );
    for (const { remedy: words } of reported) expect(words).toMatch(remedy as RegExp);
  });
});

test.each([
  [50001, 400],
  [50041, 400],
  [60002, 400],
])('a probe that is answered with %i says nothing about the key', async (code, httpStatus) => {
  const name = `probes answered with ${code}`;
  const account = sandbox.exchange.addAccount({ name });
  sandbox.exchange.inject({ fault: 'error', code, httpStatus, account: name });
  expect(await lookAt(account)).toMatchObject({ outcome: 'accepted', problems: [] });
});

test.each(['1', 'code', 'message'])(
  'a wrong secret (%s) that is in every answer by chance is named',
  async (apiSecret) => {
    const account = sandbox.exchange.addAccount({ name: `secret ${apiSecret}` });
    const { outcome, problems } = await lookAt({ ...account, apiSecret });
    expect(outcome).toBe('refused');
    expect(problems).toMatchObject([{ code: 'wrong-secret-or-memo' }]);
  },
);

describe('an endpoint that is gone', () => {
  const [wallet, trades, flows] = [
    '/account/v1/wallet',
    '/spot/v4/query/trades',
    '/contract/private/transaction-history',
  ];
  const noPath = { code: 30000, httpStatus: 404 };
  const withdrawn = { code: 30031, httpStatus: 200 };
  const expired = { code: 30011, httpStatus: 403 };
  const wrongSecret = { code: 30005, httpStatus: 401 };
  const transfersPath = '/account/v1/transfer-contract-list';
  const left = <Answer>(answer: Answer) =>
    [flows, '/contract/private/trades', '/account/v2/deposit-withdraw/history'].map((path) => [path, answer] as const);

  const failing = { code: null, httpStatus: 502 };
  const everything = <Answer>(answer: Answer) => [
    ...[wallet, trades, transfersPath].map((path) => [path, answer] as const),
    ...left(answer),
  ];

  test.each([
    ['of keys', [[wallet, noPath]], 'accepted', { key: 'passed', secret: 'passed' }],
    ['of spot trades', [[trades, noPath]], 'accepted', { key: 'passed', secret: 'passed', [spotStep]: 'unknown' }],
    ['of spot trades, as announced', [[trades, withdrawn]], 'accepted', { secret: 'passed', [spotStep]: 'failed' }],
    ['of flows', [[flows, noPath]], 'accepted', { 'stream:futures-flows': 'unknown' }],
    [
      'of keys, as of spot trades',
      [
        [wallet, noPath],
        [trades, noPath],
      ],
      'accepted',
      { key: 'passed', secret: 'passed' },
    ],
    [
      'of keys, and the other announced',
      [
        [wallet, noPath],
        [trades, withdrawn],
      ],
      'accepted',
      { key: 'passed', secret: 'passed' },
    ],
    [
      'of spot trades, and the other announced',
      [
        [wallet, withdrawn],
        [trades, noPath],
      ],
      'accepted',
      { key: 'passed', secret: 'passed' },
    ],
    [
      'of everything in spot, beside refusals of all that is left',
      [[wallet, withdrawn], [trades, withdrawn], ...left(expired)],
      'refused',
      { expiry: 'failed' },
    ],
    [
      'of everything in spot, beside a refusal by one that is left',
      [
        [wallet, withdrawn],
        [trades, withdrawn],
        [flows, expired],
      ],
      'accepted',
      { 'stream:futures-flows': 'failed' },
    ],
    [
      'of everything in spot, while nobody else answers',
      [[wallet, noPath], [trades, noPath], ...left({ code: 50000, httpStatus: 500 })],
      'undecided',
      { key: 'unknown' },
    ],
    ['of everything', [[wallet, withdrawn], [trades, withdrawn], ...left(withdrawn)], 'undecided', { key: 'unknown' }],
    [
      'of keys, beside a refusal by spot trades alone',
      [
        [wallet, noPath],
        [trades, expired],
      ],
      'accepted',
      { key: 'passed', [spotStep]: 'failed' },
    ],
    [
      'of keys, beside refusals',
      [[wallet, noPath], [trades, expired], ...left(expired)],
      'refused',
      { expiry: 'failed' },
    ],
    [
      'of everything in spot, beside a wrong secret',
      [
        [wallet, withdrawn],
        [trades, withdrawn],
        [transfersPath, wrongSecret],
      ],
      'refused',
      { secret: 'failed' },
    ],
    [
      'of everything in spot, beside an outage of the other signed read',
      [
        [wallet, withdrawn],
        [trades, withdrawn],
        [transfersPath, { code: 50000, httpStatus: 500 }],
      ],
      'accepted',
      { key: 'passed', secret: 'unknown' },
    ],
    [
      'of keys, as all of spot fails',
      [wallet, trades, transfersPath, '/account/v2/deposit-withdraw/history'].map((path) => [path, failing] as const),
      'accepted',
      { key: 'passed', secret: 'unknown', 'stream:futures-trades': 'passed' },
    ],
    ['of keys, as everything fails', everything(failing), 'undecided', { key: 'unknown' }],
    [
      'of keys, as all of spot fails, beside refusals',
      [[wallet, failing], [trades, failing], ...left(expired)],
      'undecided',
      { key: 'unknown' },
    ],
    [
      'of keys, beside a wrong secret',
      [
        [wallet, noPath],
        [trades, wrongSecret],
      ],
      'refused',
      { secret: 'failed' },
    ],
    [
      'of spot trades, beside a refusal',
      [
        [wallet, expired],
        [trades, noPath],
      ],
      'refused',
      { expiry: 'failed' },
    ],
  ] as const)('%s', async (which, faults, expected, verdicts) => {
    const name = `gone: ${which}`;
    const account = sandbox.exchange.addAccount({ name });
    for (const [endpoint, answer] of faults) {
      sandbox.exchange.inject({ fault: 'error', ...answer, endpoint, account: name });
    }
    const { outcome, steps } = await lookAt(account);
    expect(outcome).toBe(expected);
    expect(Object.fromEntries(steps)).toMatchObject(verdicts);
  });

  test('of the key information is no outage: the key is not checked again within the hour', async () => {
    const { exchange: other } = await against((request, response) => {
      if (request.url === '/uapi-key/v1/account/info') response.writeHead(404).end('<html>');
      else noRows(request, response);
    });
    const report = await other.open(key).check({ subAccount: null }, signal);
    expect(report).toMatchObject({ accepted: true, incomplete: false });
  });

  const isOfKey = { kind: 'refused-key', problem: 'key-expired' };
  const isOfStream = { kind: 'refused-stream', problem: 'no-permission' };
  const isUnproved = { kind: 'unexpected', problem: 'unexpected-answer' };
  test.each([
    [
      'a key that is refused everywhere, the wallet being gone',
      [[wallet, noPath], [trades, expired], ...left(expired)],
      isOfKey,
    ],
    [
      'a key that is refused everywhere, the wallet being withdrawn',
      [[wallet, withdrawn], [trades, expired], ...left(expired)],
      isOfKey,
    ],
    ['a key that is refused by one, the wallet being gone', [[wallet, noPath]], isOfStream],
    [
      'a key that is refused by one, spot being gone',
      [
        [wallet, noPath],
        [trades, withdrawn],
      ],
      isOfStream,
    ],
    ['a key that is refused by all that is left', [[wallet, noPath], [trades, withdrawn], ...left(expired)], isOfKey],
    ['a key of which nothing is told', [[wallet, noPath], [trades, noPath], ...left(noPath)], isUnproved],
    ['a key that the wallet accepts', [], isOfStream],
  ] as const)('leaves %s what it is while history is read', async (which, faults, expected) => {
    const name = `gone: ${which}`;
    const account = sandbox.exchange.addAccount({ name });
    for (const [endpoint, answer] of [...faults, [flows, expired]] as const) {
      sandbox.exchange.inject({ fault: 'error', ...answer, endpoint, account: name });
    }
    const reader = exchange.open({ credentials: account, fingerprint: `of ${account.apiKey}` });
    const core = { from: Date.now() - 120_000, to: Date.now() - 60_000 };
    const asked = reader.ask(futuresFlows.stream, { part: 'all', core }, signal);
    await expect(asked).rejects.toMatchObject({ details: expected });
  });
});

describe('a memo that', () => {
  test.each([
    ['is blank', '   ', /The memo is blank/],
    ['is empty', '', /The memo is blank/],
    ['looks like an account number', '12345678', /looks like an account number/],
    ['is a key', 'ab'.repeat(20), /looks like a key or a secret/],
    ['ends with a blank', 'mine ', /begins or ends with a blank/],
    ['holds "!"', 'mine!', /symbols such as "!" or "※"/],
    ['holds "※"', '※mine', /symbols such as "!" or "※"/],
  ])('%s is named in the remedy, and never shown', async (name, memo, words) => {
    const account = sandbox.exchange.addAccount({ name: `memo ${name}` });
    const { outcome, problems } = await lookAt({ ...account, memo });
    expect(outcome).toBe('refused');
    expect(problems).toMatchObject([{ code: 'wrong-secret-or-memo', remedy: expect.stringMatching(words) }]);
    if (memo.trim() !== '' && !/[!※]/.test(memo)) expect(JSON.stringify(problems)).not.toContain(memo.trim());
  });

  test('holds symbols and is right is not a problem at all', async () => {
    const account = sandbox.exchange.addAccount({ name: 'symbols', memo: 'right!※' });
    expect(await lookAt(account)).toMatchObject({ outcome: 'accepted', problems: [] });
  });
});

describe('what the exchange reports about a key', () => {
  const reported = (name: string, data: object) => {
    const account = sandbox.exchange.addAccount({ name });
    sandbox.exchange.inject({ fault: 'instead', endpoint: '/uapi-key/v1/account/info', account: name, body: data });
    return lookAt(account);
  };
  const keyOf = (more: object) => ({
    data: { cid: '9', account_type: 'main', api_keys: [{ is_current: true, ...more }] },
  });

  test.each([
    ['Read-Only alone', ['Read-Only'], true, []],
    ['a right to trade', ['Read-Only', 'Spot-Trade'], false, ['key-can-trade']],
    ['a right to withdraw', ['Read-Only', 'Withdraw'], false, ['key-can-withdraw']],
    ['both', ['Read-Only', 'Future-Trade', 'Withdraw'], false, ['key-can-withdraw', 'key-can-trade']],
    ['an unknown right', ['Read-Only', 'Quantum'], null, []],
    ['no right at all', [], null, []],
  ])('%s', async (name, permissions, readOnly, codes) => {
    const { report, problems } = await reported(name, keyOf({ permissions }));
    expect(report.readOnly).toBe(readOnly);
    expect(problems.map((problem) => problem.code)).toEqual(codes);
  });

  test.each([
    ['a refusal', { code: 30012, success: false, data: null }, { exchangeAccountId: null, incomplete: false }],
    [
      'a list in place of the key',
      { data: { cid: 77, api_keys: 'none' } },
      { exchangeAccountId: '77', readOnly: null },
    ],
    [
      'several keys, none of them the one that asks',
      { data: { cid: '78', api_keys: [{}, {}] } },
      { exchangeAccountId: '78' },
    ],
    ['an id that is none', { data: { cid: 0 } }, { exchangeAccountId: null }],
    ['another word for success', { code: 0, success: true, data: { cid: '79' } }, { exchangeAccountId: '79' }],
    ['maintenance', { code: 30016, data: {} }, { exchangeAccountId: null, incomplete: true }],
  ])('%s leaves the key accepted', async (name, body, report) => {
    expect(await reported(`info: ${name}`, body)).toMatchObject({ outcome: 'accepted', report });
  });

  test('its expiry, in seconds or milliseconds, is reported two weeks ahead', async () => {
    const inDays = (days: number) => Date.now() + days * 86_400_000;
    const soon = await reported(
      'soon',
      keyOf({ permissions: ['Read-Only'], api_key_expire_time: Math.floor(inDays(13) / 1_000) }),
    );
    expect(soon.problems).toMatchObject([{ code: 'key-expires-soon', message: expect.stringContaining('last day') }]);
    const later = await reported('later', keyOf({ permissions: ['Read-Only'], api_key_expire_time: inDays(15) }));
    expect(later).toMatchObject({ problems: [], report: { keyExpiresAtMs: expect.any(Number) } });
    const never = await reported('never', keyOf({ permissions: ['Read-Only'], api_key_expire_time: 0 }));
    expect(never).toMatchObject({ problems: [], report: { keyExpiresAtMs: null } });
  });

  test('a sub-account given with the main key is named; one with its own key reads all but movements', async () => {
    const main = sandbox.exchange.addAccount({ name: 'main key' });
    expect((await lookAt(main, 'bots')).problems).toMatchObject([
      { code: 'sub-account-needs-own-key', message: expect.stringContaining('"bots"') },
    ]);
    const sub = sandbox.exchange.addAccount({ name: 'sub key', accountType: 'sub' });
    const { outcome, problems } = await lookAt(sub, 'bots');
    expect(outcome).toBe('accepted');
    expect(problems.map(({ code, stream }) => [code, stream])).toEqual([
      ['no-permission', 'withdrawals'],
      ['no-permission', 'deposits'],
    ]);
  });

  test('every request of a look keeps the pace of its key and endpoint', async () => {
    const account = sandbox.exchange.addAccount({ name: 'paced' });
    await lookAt(account);
    const asked = sandbox.exchange.log.filter((entry) => entry.account === 'paced').map((entry) => entry.endpoint);
    const slots = pace.slots.filter((slot) => slot.fingerprint === `of ${account.apiKey}`).map((slot) => slot.endpoint);
    // In what order those leave that come to the same endpoint together is its distance's matter.
    expect(slots.toSorted()).toEqual(asked.toSorted());
    expect(asked.length).toBeLessThanOrEqual(7);
  });
});

test('a database that keeps a look waiting until its time is over is not taken for a silent exchange', async () => {
  const time = new AbortController();
  const waiting = new MemoryPace();
  waiting.waitForSlot = async (turn) => {
    if (turn.fingerprint === 'public') return;
    time.abort();
    throw new Error('timeout exceeded when trying to connect');
  };
  const { url } = sandbox;
  const slow = createBitmartExchange({
    spotUrl: url,
    futuresUrl: url,
    limits: 'published',
    rateShare: 1,
    pace: waiting,
  });
  const key = { credentials: { apiKey: 'a', apiSecret: 'b', memo: 'c' }, fingerprint: 'd' };
  await expect(slow.open(key).check({ subAccount: null }, time.signal)).rejects.toThrow('timeout exceeded');
  await slow.close();
});
