import type pg from 'pg';
import type { Stream } from '../history/stream.ts';
import type { Database } from './database.ts';
import { noteEvent, offeredDays } from './events.ts';
import { identifier } from './record-statements.ts';
import { inTransaction } from './transaction.ts';

/** How many records of a stream are new, and how many have changed, since the previous event. */
export interface RecordsChanged {
  readonly stream: string;
  readonly inserted: number;
  readonly changed: number;
}

/** A sync that ended, or a chunk of one. */
export interface SyncNews {
  readonly accountId: string;
  readonly streams: readonly Stream[];
  /** Whether the next chunk follows at once. */
  readonly goesOn: boolean;
}

/** While a long history is read, the platform gets an event this often, not for each chunk. */
const reportEveryMinutes = 5;

/**
 * Notes the event `records-changed` after a sync that stored new or changed records: one, whatever the number of pages. What
 * was last reported is a number on the account's row, so a worker that dies earlier leaves it to the next sync, and an account
 * without news costs one lookup.
 */
export async function noteRecordsChanged(database: Database, news: SyncNews): Promise<void> {
  await inTransaction(database, (client) => reportRecords(client, news));
}

/** The same within the caller's transaction; locks the account's row. */
export async function reportRecords(client: pg.PoolClient, { accountId, streams, goesOn }: SyncNews): Promise<void> {
  // Locked, because streams that are read in parallel end at the same time.
  const { rows } = await client.query<Account>(dueAccount, [accountId, goesOn]);
  const [account] = rows;
  if (!account) return;
  const { revision, reported_revision: reported } = account;
  const counts = await client.query<RecordsChanged>(countsOf(streams), [accountId, reported, revision]);
  await client.query(
    'update account set reported_revision = $2, records_reported_at = now() where account_id = $1 and revision >= $2',
    [accountId, revision],
  );
  // The newest event is enough for a reader: it says that there are changes. Older ones that no webhook will post only take
  // space, and an account that trades every hour makes 9,000 of them a year.
  await client.query(
    `delete from account_event where account_id = $1 and kind = 'records-changed'
     and at < now() - make_interval(days => ${offeredDays})`,
    [accountId],
  );
  await noteEvent(client, accountId, 'records-changed', { streams: counts.rows });
}

/** Parameters: account, whether the next chunk follows at once. */
const dueAccount = `select revision, reported_revision from account
where account_id = $1 and revision > reported_revision
  and (not $2::boolean or coalesce(records_reported_at, linked_at) < now() - interval '${reportEveryMinutes} minutes')
for update`;

interface Account {
  readonly revision: number;
  readonly reported_revision: number;
}

/** Parameters: account, the revision that was reported, the revision now. */
function countsOf(streams: readonly Stream[]): string {
  const each = streams.map(
    ({ name, table }) => `select '${name}' as stream,
       (count(*) filter (where version = 1))::int as inserted, (count(*) filter (where version > 1))::int as changed
from ${identifier(table.name)}
where account_id = $1 and revision > 0 and revision > $2 and revision <= $3
having count(*) > 0`,
  );
  return each.join('\nunion all\n');
}
