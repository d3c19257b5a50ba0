import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Revision numbers for readers of an account's changes, and the earlier versions of records that changed. No row is
 * rewritten: a column with a constant default costs no pass over the rows, and the index holds only rows numbered from now on.
 */
export const changes: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      alter table account
        -- goes up with every transaction that changes records; its row's lock puts those transactions in order
        add column revision bigint not null default 0,
        -- false: linked by a release without numbers, so that records of revision 0 may be there
        add column numbered boolean not null default false`.execute(database);
    await sql`alter table account alter column numbered set default true`.execute(database);
    // Updated with every page that brings news: room for the new version beside the old one avoids updating the indexes.
    await sql`alter table account set (fillfactor = 70)`.execute(database);

    // Takes a number for a writer that takes none itself (a worker of the previous release, a merge of two accounts, a
    // person), so that a reader of the changes misses nothing. One number serves a thousand
    // records of a transaction, which keeps the account's row and the readers' pages small. A page's own statement takes
    // its number itself and never gets here.
    await sql`
      create function number_record() returns trigger language plpgsql set search_path from current as $$
      declare
        -- account, number, how many records have it: forgotten at the end of the transaction
        taken text[] := string_to_array(current_setting('bitmart_sync.number_taken', true), chr(31));
      begin
        if taken[1] = new.account_id and taken[3]::integer < 1000 then
          new.revision := taken[2]::bigint;
          taken[3] := taken[3]::integer + 1;
        else
          update account set revision = revision + 1 where account_id = new.account_id returning revision into new.revision;
          if not found then
            new.revision := 0;
          end if;
          taken := array[new.account_id, new.revision::text, '1'];
        end if;
        perform set_config('bitmart_sync.number_taken', array_to_string(taken, chr(31)), true);
        if tg_op = 'UPDATE' and new.account_id = old.account_id and new.version = old.version then
          new.version := old.version + 1;
        end if;
        return new;
      end $$`.execute(database);

    for (const table of ['spot_trade', 'futures_trade', 'withdrawal', 'deposit']) await numberRecords(database, table);

    await sql`
      create table record_version (
        account_id  text not null,
        stream      text not null,
        part        text not null,
        -- the record's identity, as in quarantined_row.row_key
        record_key  text not null,
        -- 1 is the first; the record's own row holds the latest
        version     integer not null,
        digest      text not null,
        -- the page that brought this version, and the one that replaced it
        page_id     uuid not null,
        replaced_by uuid not null,
        replaced_at timestamptz not null default now(),
        raw         json not null,
        -- one page brings one version of a record; two accounts that become one may each have a version 1
        primary key (account_id, stream, part, record_key, page_id)
      )`.execute(database);
  },
};

/** What every record table has beside its own columns, to follow its changes. */
export async function numberRecords(database: Kysely<unknown>, table: string): Promise<void> {
  await sql`
    alter table ${sql.id(table)}
      -- the account's number of the transaction that changed the row last
      add column revision bigint not null default 0,
      add column version integer not null default 1`.execute(database);

  // The rows that changed since a revision, in order. Rows from before revisions existed are found by their key.
  await sql`
    create index ${sql.id(`${table}_by_revision`)} on ${sql.id(table)} (account_id, revision)
    where revision > 0`.execute(database);

  await sql`
    create trigger number_inserted before insert on ${sql.id(table)}
    for each row when (new.revision = 0) execute function number_record()`.execute(database);
  await sql`
    create trigger number_changed before update on ${sql.id(table)}
    for each row when (new.revision = old.revision) execute function number_record()`.execute(database);
}
