import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CompiledQuery, type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { marginLoans } from '../../src/bitmart/streams/margin-loans.ts';
import {
  adoptCandidate,
  BeingErased,
  beginErasure,
  connectDatabase,
  copyCandidate,
  createPostgresStore,
  type Database,
  eraseAccount,
  eraseRows,
  erasuresUnderWay,
  expireReceipts,
  linkSubmission,
  loadAccount,
  markDelivered,
  nextUndelivered,
  noteBalanceAlarms,
  noteErased,
  noteRefusal,
  ofOwner,
  openNamedPairs,
  openPairs,
  readEvents,
  renameAccount,
  replaceProblems,
  replaceSingleProblem,
  saveBalances,
  saveCandidate,
  saveFleetReport,
  subjectsWithUndelivered,
  type Tables,
} from '../../src/database/index.ts';
import { claiming, pageOf, partOf, spotTrades, trade } from './records.ts';
import { migratedDatabase, type TestDatabase, whileHeld } from './support.ts';
import { insertAnything, insertEverything, rowsAnywhere, tablesWithAccounts } from './tables.ts';

let database: TestDatabase;
/** Sees every table, also those that the worker does not read. */
let login: Database;
beforeAll(async () => {
  database = await migratedDatabase();
  login = connectDatabase({ url: database.url });
});
afterAll(async () => {
  await login.close();
  await database.close();
});

const problem = { code: 'clock', message: 'm', remedy: 'r' } as const;
const balances = [
  { wallet: 'spot', askedAtMs: 1, answeredAtMs: 2, balances: [], refusal: null },
] as unknown as Parameters<typeof saveBalances>[3];

async function linked(ownerId: string): Promise<string> {
  const accountId = randomUUID();
  const key = { accountId, ownerId, keyId: randomUUID(), fingerprint: randomUUID(), sealed: 's' };
  await saveCandidate(database, key);
  const report = { readOnly: true, permissions: ['read'], keyExpiresAtMs: null, exchangeAccountId: null };
  await adoptCandidate(database, accountId, key.keyId, report);
  return accountId;
}

test('what is erased is found in no column of no table, and other accounts are as they were, to the byte', async () => {
  const canary = `canary${randomUUID().replaceAll('-', '')}`;
  const gone = `${canary}-account`;
  const owner = `${canary}-owner`;
  const others = ['other of another', 'other of the same'];
  const tables = await tablesWithAccounts(login);
  for (const table of tables) {
    await insertEverything(login, table, { account: gone, owner, text: canary });
    await insertEverything(login, table, { account: others[0] as string, owner: 'another', text: 'kept' });
    await insertEverything(login, table, { account: others[1] as string, owner, text: 'kept too' });
  }
  // What names it elsewhere.
  await sql`insert into merged_account (account_id, owner_id, merged_into) values (${`${canary}-merged`}, ${owner}, ${gone})`.execute(
    login.kysely,
  );
  await sql`insert into key_attempt (owner_id, fingerprint) values (${owner}, ${`${canary} fingerprint`})`.execute(
    login.kysely,
  );
  await sql`insert into lease (fingerprint, endpoint, next_turn_at) values (${`${canary} fingerprint`}, 'e', now()), ('public', 'e', now())`.execute(
    login.kysely,
  );
  await sql`update api_key set fingerprint = ${`${canary} fingerprint`} where account_id = ${gone}`.execute(
    login.kysely,
  );
  await sql`update link_session set replaces = ${gone}, session_id = ${`${canary}-s`} where account_id = ${gone}`.execute(
    login.kysely,
  );
  const report = {
    accounts: 2,
    mostAtRisk: [{ accountId: gone, ownerId: owner }, { accountId: 'kept' }],
    started: [gone, 'kept'],
    sample: { throughAccount: gone },
  };
  await saveFleetReport(database, 'reconcile', report);
  expect(await rowsAnywhere(login, gone)).toEqual(tables);
  const before = await rowsOf(others);

  await eraseAccount(database, gone);
  // A session that was being made.
  await sql`
    insert into link_session (session_id, token_hash, owner_id, replaces, created_at, expires_at)
    select ${`${canary} late`}, 'late', ${owner}, ${gone}, requested_at, now() from erasure where account_id = ${gone}`.execute(
    login.kysely,
  );
  await noteErased(database, gone);

  expect(await rowsOf(others)).toEqual(before);
  expect((await sql<{ report: string }>`select report from fleet_report`.execute(login.kysely)).rows).toEqual([
    {
      report: JSON.stringify({
        accounts: 2,
        mostAtRisk: [{ accountId: 'kept' }],
        started: ['kept'],
        sample: { throughAccount: null },
      }),
    },
  ]);
  // The receipt names the account and its owner, until it goes as well.
  expect(await tablesWith(canary, owner)).toEqual(['erasure']);
  const { rows } = await sql<{ rest: string }>`
    select (to_jsonb(erasure) - 'account_id' - 'owner_id')::text as rest from erasure where account_id = ${gone}`.execute(
    login.kysely,
  );
  expect(rows).toHaveLength(1);
  expect(rows[0]?.rest).not.toContain(canary);
  for (const table of tables) expect(JSON.parse(rows[0]?.rest ?? '').counts[table], table).toBeGreaterThan(0);
  await sql`update erasure set erased_at = now() - interval '31 days' where account_id = ${gone}`.execute(login.kysely);
  await expireReceipts(database);
  expect(await tablesWith(canary, owner)).toEqual([]);
});

describe('what comes late brings nothing back', () => {
  const store = () => createPostgresStore(database, { gapsOf: () => [] });
  type Late = (accountId: string, on: Database) => Promise<unknown>;
  const writers: Record<string, Late> = {
    replaceProblems: (accountId, on) => replaceProblems(on, accountId, 'all', [problem]),
    replaceSingleProblem: (accountId, on) => replaceSingleProblem(on, accountId, 'same-account', problem),
    saveBalances: (accountId, on) => saveBalances(on, accountId, 'after', balances),
    noteBalanceAlarms: (accountId, on) =>
      noteBalanceAlarms(on, accountId, [{ wallet: 'w', asset: 'a', from: 'f', to: 't' }]),
    noteRefusal: (accountId, on) => noteRefusal(on, { accountId, keyId: 'k', problems: [problem] }),
    renameAccount: (accountId, on) => renameAccount(on, { ownerId: 'late', accountId, label: 'late' }),
    copyCandidate: async (accountId, on) => {
      const fromAccountId = await linked('late');
      const { rows } = await sql<{
        key_id: string;
      }>`select key_id from api_key where account_id = ${fromAccountId}`.execute(database.kysely);
      await copyCandidate(on, { fromAccountId, toAccountId: accountId, keyId: String(rows[0]?.key_id), sealed: 's' });
    },
    linkSubmission: async (accountId, on) => {
      const session = randomUUID();
      await insertAnything(login, 'link_session', session, 'late');
      await sql`update link_session set account_id = null, key_id = ${session}, state = 'checking' where session_id = ${session}`.execute(
        login.kysely,
      );
      const answer = {
        outcome: 'accepted',
        alreadyLinked: false,
        readOnly: true,
        keyExpiresAt: null,
        problems: [],
      } as const;
      await linkSubmission(on, session, answer, accountId);
    },
    adoptCandidate: (accountId, on) =>
      adoptCandidate(on, accountId, 'k', {
        readOnly: true,
        permissions: [],
        keyExpiresAtMs: null,
        exchangeAccountId: null,
      }),
    openNamedPairs: (accountId, on) =>
      openNamedPairs({ ...on, pool: poolOn(on) }, accountId, marginLoans.stream, ['A_B']),
    openPairs: async (accountId, on) => {
      await sql`
        insert into spot_trade (account_id, symbol, trade_id, order_id, order_mode, price, side, size, traded_at, page_id, digest, fixed_digest, raw, revision)
        values (${accountId}, 'A_B', '1', '1', 'iso_margin', 1, 'buy', 1, now(), gen_random_uuid(), 'd', 'd', '{}', 1)`.execute(
        on.kysely,
      );
      await openPairs({ ...on, pool: poolOn(on) }, accountId, marginLoans.stream);
      await sql`delete from spot_trade where account_id = ${accountId}`.execute(on.kysely);
    },
    openPart: (accountId) => store().openPart(partOf(accountId, spotTrades)),
    commitPage: (accountId) => {
      const page = pageOf([trade(1)]);
      return store().commitPage(partOf(accountId, spotTrades), 1, page, claiming(page));
    },
  };

  test.each(Object.entries(writers))('%s, long after', async (_, write) => {
    const accountId = await linked('late');
    await eraseAccount(database, accountId);
    await write(accountId, database).catch((error: Error) => expect(error.message).toMatch(/taken over|is gone/));
    expect(await rowsAnywhere(login, accountId)).toEqual([]);
  });

  const during = [
    'replaceProblems',
    'replaceSingleProblem',
    'saveBalances',
    'copyCandidate',
    'linkSubmission',
    'openNamedPairs',
    'openPairs',
  ];
  test.each(during)('%s, before the erasure began: the erasure waits for it', async (name) => {
    const accountId = await linked('late');
    const erasing = await asTransaction(async (on) => {
      await (writers[name] as Late)(accountId, on);
      const started = eraseAccount(database, accountId);
      expect(await Promise.race([started.then(() => 'erased'), sleep(100).then(() => 'waits')])).toBe('waits');
      return { waits: started };
    });
    await erasing.waits;
    expect(await rowsAnywhere(login, accountId)).toEqual([]);
  });

  test.each(during)('%s, while the erasure begins: it waits, and writes nothing', async (name) => {
    const accountId = await linked('late');
    const writing = await asTransaction(async (on) => {
      await beginErasure(on, accountId);
      return { waits: (writers[name] as Late)(accountId, database) };
    });
    await writing.waits;
    const left = await rowsAnywhere(login, accountId);
    for (const table of ['account_problem', 'balance_snapshot', 'api_key', 'link_session', 'coverage'])
      expect(left).not.toContain(table);
    await eraseRows(database, accountId);
    expect(await rowsAnywhere(login, accountId)).toEqual([]);
  });

  test('pages of a read that is under way, while batches are deleted', async () => {
    const accountId = await linked('late');
    const part = partOf(accountId, spotTrades);
    let refused = 0;
    let isOver = false;
    const reading = (async () => {
      for (let number = 0; !isOver; number += 10) {
        try {
          const { fence } = await store().openPart(part);
          const page = pageOf(Array.from({ length: 10 }, (_, i) => trade(number + i)));
          await store().commitPage(part, fence, page, claiming(page));
        } catch (error) {
          expect((error as Error).message).toContain('taken over');
          refused++;
          await sleep(5);
        }
      }
    })();
    await expect.poll(async () => (await rowsAnywhere(login, accountId)).includes('spot_trade')).toBe(true);
    await eraseAccount(database, accountId);
    await expect.poll(() => refused).toBeGreaterThan(0);
    isOver = true;
    await reading;
    expect(await rowsAnywhere(login, accountId)).toEqual([]);
  });
});

describe('an erasure', () => {
  test('takes the key and the account at once, refuses a link until its rows are gone, and hurts none that comes then', async () => {
    const accountId = await linked('again');
    const key = { accountId, ownerId: 'again', keyId: randomUUID(), fingerprint: 'f', sealed: 's' };
    await replaceProblems(database, accountId, 'all', [problem]);
    // As its owner, whose worker is away.
    const client = connectDatabase({ url: database.url, role: 'client' });
    await beginErasure(ofOwner(client, 'a stranger'), accountId);
    expect(await loadAccount(database, accountId)).not.toBeNull();
    await beginErasure(ofOwner(client, 'again'), accountId);
    expect(await loadAccount(database, accountId)).toBeNull();
    expect(await rowsAnywhere(login, accountId)).not.toContain('api_key');
    await expect(saveCandidate(ofOwner(client, 'again'), key)).rejects.toThrow(BeingErased);
    expect(await erasuresUnderWay(database, 100)).toContainEqual(
      expect.objectContaining({ accountId, rowsGoneAt: null }),
    );
    expect(await eraseRows(database, accountId)).toBe(true);
    await saveCandidate(ofOwner(client, 'again'), key);
    await client.close();
    expect(await eraseRows(database, accountId)).toBe(true);
    await noteErased(database, accountId);
    expect(await rowsAnywhere(login, accountId)).toEqual(['account', 'api_key']);
  });

  test('that has rows left comes first, and none waits behind others that can not end', async () => {
    const ids = await Promise.all(Array.from({ length: 6 }, () => linked('many')));
    for (const accountId of ids) await beginErasure(database, accountId);
    const [last, ...others] = ids.toReversed() as [string, ...string[]];
    for (const accountId of others) expect(await eraseRows(database, accountId)).toBe(true);
    const seen = new Set<string>();
    for (let look = 0; look < 200; look++) {
      const underWay = await erasuresUnderWay(database, 5);
      expect(underWay.map(({ accountId }) => accountId)).toContain(last);
      for (const { accountId } of underWay) seen.add(accountId);
    }
    expect([...seen]).toEqual(expect.arrayContaining(ids));
  });

  test('goes on where it was left, in short transactions, and counts every row once', async () => {
    const accountId = await linked('large');
    const rows = 8_000;
    await sql`
      insert into spot_trade (account_id, symbol, trade_id, order_id, price, side, size, traded_at, page_id, digest, fixed_digest, raw, revision)
      select ${accountId}, 'A_B', n::text, n::text, 1, 'buy', 1, now(), gen_random_uuid(), 'd', 'd', '{}', 1
      from generate_series(1, ${rows}::int) as n`.execute(database.kysely);
    await beginErasure(database, accountId);
    let longestMs = 0;
    let calls = 0;
    const onBatch = ({ tookMs }: { tookMs: number }) => {
      longestMs = Math.max(longestMs, tookMs);
    };
    for (; !(await eraseRows(database, accountId, { untilMs: 0, onBatch })); calls++);
    expect(calls).toBeGreaterThan(2);
    expect(longestMs).toBeLessThan(1_000);
    const { rows: receipts } = await sql<{
      counts: string;
    }>`select counts::text from erasure where account_id = ${accountId}`.execute(database.kysely);
    expect(JSON.parse(receipts[0]?.counts ?? '')).toMatchObject({ account: 1, api_key: 1, spot_trade: rows });
    expect(await rowsAnywhere(login, accountId)).toEqual([]);
  });

  test('does not put an account back into a report that another erasure takes it out of', async () => {
    const [one, other] = [await linked('reported'), await linked('reported')];
    const named = (ids: readonly string[]) => JSON.stringify({ endedAccounts: ids });
    await saveFleetReport(database, 'reconcile', { endedAccounts: [one, other] });
    await whileHeld(
      database,
      (holder) =>
        holder.query('update fleet_report set report = $1 where position($2 in report::text) > 0', [
          named([other]),
          one,
        ]),
      () => eraseAccount(database, other),
    );
    const { rows } = await sql`
      select from fleet_report where position(${one} in report::text) + position(${other} in report::text) > 0`.execute(
      login.kysely,
    );
    expect(rows).toEqual([]);
  });

  test('is done by one of two processes at a time, and by both together once', async () => {
    const accountId = await linked('two');
    for (const table of await tablesWithAccounts(login)) {
      if (!['account', 'api_key', 'known_key', 'account_event'].includes(table))
        await insertAnything(login, table, accountId, 'two');
    }
    await beginErasure(database, accountId);
    await Promise.all([1, 2, 3].map(() => eraseAccount(database, accountId)));
    expect(await rowsAnywhere(login, accountId)).toEqual([]);
  });

  test('comes to its end although another process is at it most of the time', async () => {
    const accountId = await linked('contested');
    await beginErasure(database, accountId);
    let isOver = false;
    const other = (async () => {
      while (!isOver) {
        await database.kysely.transaction().execute(async (transaction) => {
          await sql`select from erasure where account_id = ${accountId} for update`.execute(transaction);
          await sleep(15);
        });
        await sleep(5);
      }
    })();
    await eraseAccount(database, accountId).finally(() => {
      isOver = true;
    });
    await other;
    expect(await rowsAnywhere(login, accountId)).toEqual([]);
  });

  test('leaves a receipt, which is an event and a webhook', async () => {
    const accountId = await linked('receipt');
    await eraseAccount(database, accountId);
    const events = () => readEvents(database, { ownerId: 'receipt', accountId: null, after: new Map(), limit: 10 });
    expect(await events()).toEqual([]);
    await noteErased(database, accountId);
    await noteErased(database, accountId);
    const [event, ...more] = await events();
    expect(more).toEqual([]);
    expect(event).toMatchObject({ accountId, kind: 'erased', details: { rows: { account: 1, api_key: 1 } } });
    const subject = `erasure/${event?.eventId}`;
    const waiting = await subjectsWithUndelivered(database, { except: [], limit: 100 });
    expect(waiting.map((one) => one.subject)).toContain(subject);
    const undelivered = await nextUndelivered(database, subject);
    expect(undelivered).toMatchObject({ ownerId: 'receipt', accountId, kind: 'erased' });
    await markDelivered(database, undelivered as NonNullable<typeof undelivered>);
    expect(await nextUndelivered(database, subject)).toBeNull();
  });

  test('leaves a receipt that is no longer posted once it is seven days old', async () => {
    const accountId = await linked('old-receipt');
    await eraseAccount(database, accountId);
    await noteErased(database, accountId);
    const ask = { ownerId: 'old-receipt', accountId: null, after: new Map(), limit: 10 };
    const [event] = await readEvents(database, ask);
    const subject = `erasure/${event?.eventId}`;
    const age = (days: number) =>
      sql`update erasure set erased_at = now() - make_interval(days => ${days}) where account_id = ${accountId}`.execute(
        database.kysely,
      );
    await age(6);
    expect(await nextUndelivered(database, subject)).not.toBeNull();
    await age(7);
    expect(await nextUndelivered(database, subject)).toBeNull();
  });
});

/** The pool's statements within whatever transaction Kysely is in. */
function poolOn({ kysely }: Database): Database['pool'] {
  const query = async ({ text, values }: { text: string; values: unknown[] }) => {
    const { numAffectedRows, rows } = await kysely.executeQuery(CompiledQuery.raw(text, values));
    return { rows, rowCount: Number(numAffectedRows ?? rows.length) };
  };
  return { query } as unknown as Database['pool'];
}

/** Runs something in a transaction of its own, and answers with what it began there and did not wait for. */
async function asTransaction(
  work: (on: Database) => Promise<{ readonly waits: Promise<unknown> }>,
): Promise<{ readonly waits: Promise<unknown> }> {
  return database.kysely.transaction().execute(async (transaction) => {
    // Transactions within are this one.
    const nested = new Proxy(transaction as unknown as Kysely<Tables>, {
      get(target, name) {
        if (name === 'transaction') return () => ({ execute: (inner: (on: unknown) => unknown) => inner(target) });
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const { waits } = await work({ ...database, kysely: nested });
    waits.catch(() => undefined);
    // Long enough for what was begun to wait for us.
    await sleep(300);
    return { waits };
  });
}

async function rowsOf(accounts: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const found: Record<string, unknown> = {};
  for (const table of await tablesWithAccounts(login)) {
    const { rows } = await sql`
      select held::text as row from ${sql.id(table)} as held where account_id = any(${[...accounts]}::text[]) order by 1`.execute(
      login.kysely,
    );
    found[table] = rows;
  }
  return found;
}

/** The tables with a text anywhere, but for its owner's other account. */
async function tablesWith(text: string, ownerId: string): Promise<readonly string[]> {
  const { rows: tables } = await sql<{ name: string }>`
    select relname as name from pg_class where relnamespace = ${login.schema}::regnamespace and relkind in ('r', 'p')
    order by 1`.execute(login.kysely);
  const found: string[] = [];
  for (const { name } of tables) {
    const { rows } = await sql`
      select from ${sql.id(name)} as held where position(${text} in replace(held::text, case
        when coalesce(to_jsonb(held) ->> 'account_id', '') = 'other of the same' then ${ownerId} else chr(1) end, '')) > 0 limit 1`.execute(
      login.kysely,
    );
    if (rows.length > 0) found.push(name);
  }
  return found;
}
