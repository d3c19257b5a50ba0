import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, ClientError, createClient, type OwnerClient } from '../../src/client/index.ts';
import { credentials, freshPlatform, type Platform, saveAccount, unreachable } from './surroundings.ts';

/**
 * Every public method × everything that can be wrong with a call: what comes back is a ClientError with a code and a remedy,
 * soon, and nothing else.
 */

let platform: Platform;
let client: Client;
let closed: Client;
let accountId: string;
beforeAll(async () => {
  platform = await freshPlatform({ temporalAddress: unreachable });
  accountId = await saveAccount(platform.database, 'an-account');
  const options = {
    databaseUrl: platform.env.DATABASE_URL as string,
    publicKey: platform.env.CREDENTIALS_PUBLIC_KEY,
    temporal: { address: unreachable, connectTimeout: 200 },
    linkUrl: 'https://link.example.com',
  };
  client = createClient(options);
  closed = createClient(options);
  await closed.close();
});
afterAll(async () => {
  await client.close();
  await platform.close();
});

type Called = Promise<unknown> | AsyncIterator<unknown> | Readable;

/** A call with arguments that are right, the last of them its options; `account` is the place of the account's id. */
interface Call {
  readonly owner?: (owner: OwnerClient, args: readonly never[]) => Called;
  readonly client?: (client: Client, args: readonly never[]) => Called;
  readonly args: () => readonly unknown[];
  /** Which arguments, but the options, are looked at; of each what is right as well. */
  readonly lenient?: Readonly<Record<number, readonly unknown[]>>;
}

const range = () => ['2026-01-01', '2026-02-01'];
const ownerCall =
  (name: keyof OwnerClient) =>
  (owner: OwnerClient, args: readonly never[]): Called =>
    Reflect.apply(owner[name] as () => Called, owner, args);
const clientCall =
  (name: keyof Client) =>
  (client: Client, args: readonly never[]): Called =>
    Reflect.apply(client[name] as () => Called, client, args);

const calls: Readonly<Record<string, Call>> = {
  link: { owner: ownerCall('link'), args: () => [credentials(), {}] },
  check: { owner: ownerCall('check'), args: () => [credentials(), {}] },
  rotate: { owner: ownerCall('rotate'), args: () => [accountId, credentials(), {}] },
  // Null takes the label away.
  rename: { owner: ownerCall('rename'), args: () => [accountId, 'A name', {}], lenient: { 1: [null, ''] } },
  createLinkSession: { owner: ownerCall('createLinkSession'), args: () => [{}] },
  linkSession: { owner: ownerCall('linkSession'), args: () => ['a-session', {}] },
  list: { owner: ownerCall('list'), args: () => [{}] },
  find: { owner: ownerCall('find'), args: () => [accountId, {}] },
  status: { owner: ownerCall('status'), args: () => [accountId, {}] },
  coverage: { owner: ownerCall('coverage'), args: () => [accountId, {}] },
  explain: { owner: ownerCall('explain'), args: () => [accountId, {}] },
  // Null means all accounts.
  report: { owner: ownerCall('report'), args: () => [accountId, {}], lenient: { 0: [null] } },
  records: { owner: ownerCall('records'), args: () => [accountId, 'spot-trades', {}] },
  allRecords: { owner: ownerCall('allRecords'), args: () => [accountId, 'spot-trades', {}] },
  changes: { owner: ownerCall('changes'), args: () => [accountId, {}] },
  allChanges: { owner: ownerCall('allChanges'), args: () => [accountId, {}] },
  completeness: { owner: ownerCall('completeness'), args: () => [accountId, 'spot-trades', ...range(), {}] },
  isComplete: { owner: ownerCall('isComplete'), args: () => [accountId, 'spot-trades', ...range(), {}] },
  export: { owner: ownerCall('export'), args: () => [accountId, 'spot-trades', {}] },
  exportRecords: { owner: ownerCall('exportRecords'), args: () => [accountId, 'spot-trades', {}] },
  replayWebhooks: { owner: ownerCall('replayWebhooks'), args: () => ['2026-01-01', {}] },
  reconcile: { owner: ownerCall('reconcile'), args: () => [accountId, {}] },
  archive: { owner: ownerCall('archive'), args: () => [accountId, {}] },
  events: { owner: ownerCall('events'), args: () => [{}] },
  allEvents: { owner: ownerCall('allEvents'), args: () => [{}] },
  sync: { owner: ownerCall('sync'), args: () => [accountId, {}] },
  syncRange: {
    owner: ownerCall('syncRange'),
    args: () => [accountId, { stream: 'spot-trades', from: '2026-01-01', to: '2026-02-01' }, {}],
  },
  pause: { owner: ownerCall('pause'), args: () => [accountId, {}] },
  resume: { owner: ownerCall('resume'), args: () => [accountId, {}] },
  merge: { owner: ownerCall('merge'), args: () => [accountId, 'another', {}] },
  unlink: { owner: ownerCall('unlink'), args: () => [accountId, {}] },
  waitFor: { owner: ownerCall('waitFor'), args: () => [accountId, () => false, {}] },
  waitForLive: { owner: ownerCall('waitForLive'), args: () => [accountId, {}] },
  'client.listEveryOwner': { client: clientCall('listEveryOwner'), args: () => [{}] },
  'client.reportEveryOwner': { client: clientCall('reportEveryOwner'), args: () => [{}] },
  'client.steerFleet': { client: clientCall('steerFleet'), args: () => ['wake', { filter: 'all' }] },
  'client.fleetReports': { client: clientCall('fleetReports'), args: () => [{}] },
  'client.check': { client: clientCall('check'), args: () => [credentials(), {}] },
  'client.migrate': { client: clientCall('migrate'), args: () => [{}] },
};

const notTested = ['constructor', 'about', 'account', 'ownerId'];
test('the table has every public method', () => {
  const own = (prototype: object) => Object.getOwnPropertyNames(prototype).filter((name) => !notTested.includes(name));
  const owner = client.forOwner('anna');
  const history = Object.getPrototypeOf(Object.getPrototypeOf(owner));
  const ofOwner = [...own(Object.getPrototypeOf(owner)), ...own(history)];
  const ofClient = own(Object.getPrototypeOf(client)).filter((name) => !['forOwner', 'close'].includes(name));
  expect(new Set(Object.keys(calls))).toEqual(new Set([...ofOwner, ...ofClient.map((name) => `client.${name}`)]));
});

async function failureOf(name: string, args: readonly unknown[], from: Client = client, ownerId = 'anna') {
  const call = calls[name] as Call;
  try {
    const called = call.owner?.(from.forOwner(ownerId), args as never[]) ?? call.client?.(from, args as never[]);
    if (called instanceof Readable) return { result: await called.toArray() };
    if (called && 'next' in called) return { result: await called.next() };
    return { result: await called };
  } catch (error) {
    return error;
  }
}

function expectClientError(failure: unknown, what: string): void {
  expect(failure, what).toBeInstanceOf(ClientError);
  const { code, message, remedy } = failure as ClientError;
  expect(code, what).not.toBe('unexpected');
  expect(remedy.length, what).toBeGreaterThan(10);
  expect(message.length, what).toBeGreaterThan(10);
  expect(`${message} ${remedy}`, what).not.toMatch(/--timeout|--no-wait|undefined|\[object/);
}

/** What can stand in the place of any argument or option, and is right in none. */
const wrongArguments: Readonly<Record<string, unknown>> = {
  missing: undefined,
  null: null,
  'a number': 42,
  'an object': { some: 'thing' },
  'an object without a prototype': Object.create(null),
  'a list': [],
  'an empty text': '',
  'a text of a megabyte': 'x'.repeat(1_000_000),
  'control characters': 'a\u0000\u001b[2J',
  'half a character': '\ud800',
  'a symbol': Symbol('s'),
};

describe.each(Object.keys(calls))('%s', (name) => {
  const { args, lenient = {} } = calls[name] as Call;
  // The options are last: everything before has to be right.
  const places = args()
    .slice(0, -1)
    .map((_, place) => place);

  test.each(places)('refuses a wrong argument %i', async (place) => {
    for (const [what, wrong] of Object.entries(wrongArguments)) {
      if (lenient[place]?.includes(wrong)) continue;
      expectClientError(await failureOf(name, args().with(place, wrong)), `${place}: ${what}`);
    }
  });

  test('refuses options that are none, and those that it does not know', async () => {
    for (const wrong of [null, 42, 'text', [], { unknownOption: 1 }, { signal: 'now' }, { signal: {} }]) {
      const given = typeof wrong === 'object' && wrong !== null ? { ...(args().at(-1) as object), ...wrong } : wrong;
      expectClientError(await failureOf(name, args().with(-1, Array.isArray(wrong) ? wrong : given)), String(wrong));
    }
  });

  test('ends with its signal, and refuses when the client is closed', async () => {
    const options = { ...(args().at(-1) as object), signal: AbortSignal.abort('enough') };
    const aborted = await failureOf(name, args().with(-1, options));
    expectClientError(aborted, 'aborted');
    expect(aborted).toMatchObject({ code: 'aborted', name: 'AbortError', cause: 'enough' });
    const late = await failureOf(name, args(), closed);
    expectClientError(late, 'closed');
    expect(late).toMatchObject({ code: 'client-closed' });
  });

  // Nothing has the id of an account yet.
  if (args()[0] === undefined)
    test('does not find another owner’s account', async () => {
      const failure = await failureOf(name, args(), client, 'mallory');
      expectClientError(failure, 'foreign');
      expect(failure).toMatchObject({ code: 'account-not-found' });
    });
});

/** Options that have the right name. */
const wrongOptions: Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>> = {
  link: { label: [42, 'x'.repeat(5_000), 'a\u0007', {}], subAccount: [42, 'x'.repeat(201)], wait: ['no', 0] },
  check: { subAccount: [42, 'x'.repeat(201)] },
  createLinkSession: {
    returnUrl: [42, 'nowhere'],
    origin: [42, 'here'],
    language: [42, 'xx'],
    replaceKey: [42, 'x'],
    label: [42],
  },
  list: { status: [[], 'live', ['dead'], 42], atRiskBefore: [42, new Date(''), '2026-02-31', 'soon'] },
  coverage: { evidence: ['yes', 1] },
  records: {
    from: [42, new Date(''), '2026-02-31', '2026-13-01', '2026-01-01T10:00:00', {}],
    to: [42, '2026-02-30'],
    after: [42, 'nonsense', {}, ''],
    limit: [0, -1, 1.5, 1_000_000, '10', Number.NaN],
  },
  changes: { after: [42, 'nonsense', {}], limit: [0, 1e9] },
  events: { after: [42, 'nonsense', {}], limit: [0, 1e9], accountId: [42, 'nobodys'] },
  replayWebhooks: { accountId: [42, 'nobodys'] },
  export: { format: ['xlsx', 42], from: ['2026-02-31'], to: [42] },
  report: { onProgress: ['yes'] },
  sync: { wait: ['no'], timeoutMs: [0, -1, '5', Number.POSITIVE_INFINITY, 1e12], everyMs: [0, -1], onStatus: [42] },
  syncRange: { timeoutMs: [0, '5'] },
  unlink: { erase: ['yes', 1] },
  waitFor: { timeoutMs: [-1, Number.NaN], everyMs: ['1'] },
  'client.steerFleet': {
    filter: [
      undefined,
      null,
      {},
      [],
      'live',
      { status: [] },
      { status: 'live' },
      { owner: 'x' },
      { atRiskBefore: 'soon' },
    ],
    ownerId: [42, ''],
    perSecond: [0, -1, '5', Number.POSITIVE_INFINITY, 1_001],
    dryRun: ['yes'],
    onProgress: [42],
  },
};

test.each(
  Object.entries(wrongOptions).flatMap(([name, options]) =>
    Object.entries(options).map(([option, values]) => [name, option, values] as const),
  ),
)('%s refuses a wrong %s', async (name, option, values) => {
  for (const value of values) {
    const { args } = calls[name] as Call;
    const failure = await failureOf(name, args().with(-1, { ...(args().at(-1) as object), [option]: value }));
    expectClientError(failure, `${option}: ${String(value).slice(0, 40)}`);
  }
});

test('a fleet is steered by a filter that names accounts, or `all`; an empty list of states is refused everywhere', async () => {
  await expect(client.steerFleet('pause', { filter: {}, dryRun: true })).rejects.toThrow('filter is empty');
  expect(await client.steerFleet('wake', { filter: 'all', dryRun: true })).toMatchObject({ matched: 1 });
  await expect(client.listEveryOwner({ status: [] })).rejects.toMatchObject({ code: 'wrong-usage' });
  expect(await client.forOwner('anna').list()).toHaveLength(1);
  expect(await client.forOwner('anna').list({ status: ['live'] })).toEqual([]);
});

describe('a client can’t be made', () => {
  const right = { databaseUrl: 'postgres://user:canary@127.0.0.1:1/none' };
  test.each([
    ['nothing', undefined, 'the options'],
    ['null', null, 'the options'],
    ['no option', {}, '`databaseUrl` is missing'],
    ['another address', { databaseUrl: 'https://user:canary@example.com' }, '`databaseUrl` is not an address'],
    ['an unknown option', { ...right, databaseURL: 'x' }, 'no option `databaseURL`'],
    ['an unknown end', { ...right, timetable: { spotEnd: null } }, 'no option `timetable.spotEnd`'],
    [
      'a day that does not exist',
      { ...right, timetable: { platformEnd: '2027-02-31' } },
      '`timetable.platformEnd` is not',
    ],
    ['a number for a time', { ...right, timetable: { platformEnd: 0 } }, '`timetable.platformEnd` is not'],
    ['a schema with capitals', { ...right, databaseSchema: 'Mine' }, '`databaseSchema`'],
    ['a public key that is none', { ...right, publicKey: 'canary' }, '`publicKey` is not'],
    ['an address for temporal', { ...right, temporal: 'temporal:7233' }, '`temporal` is not'],
    ['a limit below 0', { ...right, quotas: { accountsPerOwner: -1 } }, '`quotas.accountsPerOwner`'],
    ['a task queue that is empty', { ...right, taskQueue: '' }, '`taskQueue`'],
  ])('with %s', (_, options, said) => {
    let failure: unknown;
    try {
      createClient(options as never);
    } catch (error) {
      failure = error;
    }
    expectClientError(failure, said);
    expect(failure).toMatchObject({ code: 'wrong-configuration', message: expect.stringContaining(said) });
    expect(String((failure as Error).message)).not.toContain('canary');
  });

  test('but with times as Date, text or, as before, milliseconds', async () => {
    const platformEnd = new Date('2027-01-31T15:59:00Z');
    for (const timetable of [
      { platformEnd },
      { platformEnd: platformEnd.toISOString() },
      { platformEndMs: +platformEnd },
    ]) {
      const client = createClient({ databaseUrl: platform.env.DATABASE_URL as string, timetable });
      expect(await client.linkSessions.platformEnd()).toEqual(platformEnd);
      await client.close();
    }
  });

  test.each([undefined, null, 42, '', ' ', 'x'.repeat(256), 'a\u0000', 'check:me', {}])(
    'for the owner %j',
    (ownerId) => {
      expect(() => client.forOwner(ownerId as never)).toThrow(ClientError);
    },
  );

  test('a closed client can be closed again', async () => {
    await closed.close();
  });
});
