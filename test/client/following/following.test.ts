import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { expect, test } from 'vitest';
import { streams } from '../../../src/bitmart/streams/index.ts';
import { connectDatabase, createPostgresStore, type Database, readableColumns } from '../../../src/database/index.ts';
import type { PartReference } from '../../../src/history/ports.ts';
import type { MappedRow, Stream } from '../../../src/history/stream.ts';
import { claiming, hour, pageOf, partOf, row, startMs } from '../../database/records.ts';
import { linkedAccount, migratedDatabase, type TestDatabase } from '../../database/support.ts';
import { createFollowerTables, Followers } from './followers.ts';

/** A minute with FOLLOW_SECONDS=60. */
const seconds = Number(process.env.FOLLOW_SECONDS ?? 8);

const accountId = 'followed';

test('a follower of an account, however often it is killed, ends with exactly its tables', {
  timeout: (seconds + 60) * 1_000,
}, async () => {
  const database = await migratedDatabase({ role: undefined });
  await linkedAccount(database, accountId);
  await createFollowerTables(database);
  const target = { ownerId: `owner of ${accountId}`, accountId, databaseUrl: database.url };
  const followers = new Followers(['anna', 'bert', 'cleo'], target);
  followers.start();

  const endMs = Date.now() + seconds * 1_000;
  const isOver = () => Date.now() >= endMs;
  const parts = streams.flatMap((stream) => stream.parts.map((part) => partOf(accountId, stream, part)));
  const writers = parts.slice(0, 5).map((part) => write(database, part, isOver));
  const killing = killNowAndThen(followers, isOver);
  const correcting = correctByHand(database, isOver);
  const commits = (await Promise.all(writers)).reduce((total, count) => total + count, 0);
  await Promise.all([killing, correcting]);
  await allDone(database, followers);
  await followers.stop();

  expect(followers.complaints).toEqual([]);
  expect(followers.kills).toBeGreaterThan(2);
  const truth = await storedRecords(database);
  expect(truth.size).toBeGreaterThan(500);
  for (const name of followers.names) expect(await copyOf(database, name)).toEqual(truth);
  const { rows } = await database.pool.query('select count(*) as count from record_version');
  console.log(
    `${seconds} s, ${commits} pages by ${writers.length} writers, ${truth.size} records, ` +
      `${rows[0].count} earlier versions, ${followers.kills} followers killed: all copies equal`,
  );
  await database.close();
});

/** Pages of few records in few versions, so that they overlap, repeat and change one another. Answers with their number. */
async function write(database: TestDatabase, part: PartReference, isOver: () => boolean): Promise<number> {
  const pool = connectDatabase({ url: database.url, poolSize: 1 });
  const store = createPostgresStore(pool, { gapsOf: () => [] });
  let pages = 0;
  for (; !isOver(); pages++) {
    const { fence } = await store.openPart(part);
    const rows = Array.from({ length: random(40) }, () => someRecord(part));
    const page = pageOf(rows, { question: { part: part.part, core: hour } });
    await store.commitPage(part, fence, page, claiming(page));
    if (random(10) === 0) await store.commitPage(part, fence, page, claiming(page));
    await sleep(random(30));
  }
  await pool.close();
  return pages;
}

function someRecord({ stream, part }: PartReference): MappedRow {
  const number = random(400);
  const values = Object.fromEntries(
    stream.table.columns
      .filter(({ type }) => type !== 'timestamptz')
      .map(({ name, type }) => [name, type === 'text' ? `${name} ${number}` : number]),
  );
  const changing = stream.table.columns.find(({ name, type }) => type === 'text' && !isFixed(stream, name));
  return row(stream, startMs + number, { ...values, [changing?.name as string]: random(4) }, part);
}

function isFixed({ table }: Stream, name: string): boolean {
  return table.identity.includes(name) || table.fixed.includes(name);
}

/** An operator repairs records with plain statements, several in one transaction, while the reading of the part waits. */
async function correctByHand(database: TestDatabase, isOver: () => boolean): Promise<void> {
  const person = new pg.Client({ connectionString: database.url });
  await person.connect();
  await person.query(`set search_path = ${database.schema}`);
  while (!isOver()) {
    await person.query('begin');
    await person.query('select from coverage where account_id = $1 for update', [accountId]);
    await person.query('update spot_trade set notional = $2 where account_id = $1 and trade_id = any ($3::text[])', [
      accountId,
      random(1_000),
      Array.from({ length: 5 }, () => `trade_id ${random(400)}`),
    ]);
    await person.query('commit');
    await sleep(100);
  }
  await person.end();
}

async function killNowAndThen(followers: Followers, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    await sleep(400 + random(800));
    await followers.killOne(random(3));
  }
}

async function allDone(database: Database, { names, complaints }: Followers): Promise<void> {
  await database.pool.query('update public.follower set is_done = false');
  for (let tries = 0; tries < 600 && complaints.length === 0; tries++) {
    const { rows } = await database.pool.query('select 1 from public.follower where is_done');
    if (rows.length === names.length) return;
    await sleep(50);
  }
}

async function copyOf(database: Database, name: string): Promise<ReadonlyMap<string, string>> {
  const { rows } = await database.pool.query<{ stream: string; key: string; record: string }>(
    'select stream, key, record from public.follower_copy where name = $1 order by stream, key',
    [name],
  );
  return new Map(rows.map(({ stream, key, record }) => [`${stream} ${key}`, record]));
}

async function storedRecords(database: Database): Promise<ReadonlyMap<string, string>> {
  const records: [string, string][] = [];
  for (const { name, table } of streams) {
    const { rows } = await database.pool.query<Record<string, unknown>>(
      `select ${readableColumns(table).join(', ')} from ${table.name} where account_id = $1`,
      [accountId],
    );
    for (const record of rows) {
      const key = [...(table.hasPart ? ['part'] : []), ...table.identity].map((column) => record[column]);
      records.push([`${name} ${JSON.stringify(key)}`, JSON.stringify(record)]);
    }
  }
  return new Map(records.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function random(below: number): number {
  return Math.floor(Math.random() * below);
}
