import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Numbers for whoever follows an account's records, and the earlier versions of records that changed. Nothing is
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
    // Written with every page that brings news: room for the new version beside the old one keeps the indexes untouched.
    await sql`alter table account set (fillfactor = 70)`.execute(database);

    // Whoever writes a record without taking a number, a worker of the release before or a person, has one taken by this:
    // a reader of the changes misses nothing. Our own statements take one number for all rows of a page, and never get here.
    await sql`
      create function number_record() returns trigger language plpgsql set search_path from current as $$
      begin
        update account set revision = revision + 1 where account_id = new.account_id returning revision into new.revision;
        if not found then
          new.revision := 0;
        end if;
        if tg_op = 'UPDATE' and new.version = old.version then
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

/** What every record table has beside its own columns, so that its changes can be followed. */
export async function numberRecords(database: Kysely<unknown>, table: string): Promise<void> {
  await sql`
    alter table ${sql.id(table)}
      -- the account's number of the transaction that changed the row last
      add column revision bigint not null default 0,
      add column version integer not null default 1`.execute(database);

  // What changed since a number, in its order. Rows from before there were numbers are found by their key.
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
