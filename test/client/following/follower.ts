/**
 * A program that follows one account's changes into a table of its own, and remembers its place in the same transaction.
 * It may be killed at any moment; started again, it goes on from there. It ends with an error when a change
 * comes out of order.
 */
import pg from 'pg';
import { type Change, createClient } from '../../../src/client/index.ts';

const [name, ownerId, accountId, databaseUrl] = process.argv.slice(2) as [string, string, string, string];
const owner = createClient({ databaseUrl }).forOwner(ownerId);
const own = new pg.Client({ connectionString: databaseUrl });
await own.connect();

const { rows } = await own.query<{ place: string | null; revision: string }>(
  'select place, revision from public.follower where name = $1',
  [name],
);
let after: string | 0 = rows[0]?.place ?? 0;
let revision = Number(rows[0]?.revision ?? 0);
for (;;) {
  const { changes, next } = await owner.changes(accountId, { after, limit: 1 + Math.floor(Math.random() * 300) });
  await own.query('begin');
  for (const change of changes) await apply(change);
  await own.query(
    `insert into public.follower (name, place, revision, is_done) values ($1, $2, $3, $4) on conflict (name)
     do update set place = excluded.place, revision = excluded.revision, is_done = excluded.is_done`,
    [name, next, revision, changes.length === 0],
  );
  await own.query('commit');
  after = next;
  if (changes.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function apply(change: Change): Promise<void> {
  if (change.revision < revision) complain(`revision ${change.revision} came after ${revision}`);
  revision = change.revision;
  const { rowCount } = await own.query(
    `insert into public.follower_copy (name, stream, key, version, record) values ($1, $2, $3, $4, $5)
     on conflict (name, stream, key) do update set version = excluded.version, record = excluded.record
     where follower_copy.version < excluded.version`,
    [name, change.stream, change.key, change.version, JSON.stringify(change.record)],
  );
  if (rowCount !== 1) complain(`version ${change.version} of ${change.stream} ${change.key} came twice or too late`);
}

function complain(what: string): never {
  process.stderr.write(`${name}: ${what}\n`);
  process.exit(1);
}
