import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Every name that an account was given, doubts about a key, and accounts that turned out to be one. */
export const identity: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      create table account_label (
        account_id     text not null,
        -- empty where none was given
        label          text not null,
        sub_account    text not null,
        first_given_at timestamptz not null default now(),
        last_given_at  timestamptz not null default now(),
        primary key (account_id, label, sub_account)
      )`.execute(database);
    await sql`
      insert into account_label (account_id, label, sub_account, first_given_at, last_given_at)
      select account_id, coalesce(label, ''), coalesce(sub_account, ''), created_at, created_at
      from account where coalesce(label, sub_account) is not null`.execute(database);

    // Names that came with a key become the account's own when the key is accepted.
    await sql`
      alter table api_key
        add column label       text,
        add column sub_account text,
        -- since when the exchange refuses the key in use, while that may still pass
        add column doubted_at  timestamptz,
        -- when a look found that it works
        add column looked_at   timestamptz`.execute(database);

    // The exchange's own id of the account, where another account of the same owner has it already: the two are one.
    await sql`alter table account add column shared_exchange_account_id text`.execute(database);

    await sql`
      create table merged_account (
        -- the account that is no more
        account_id  text primary key,
        owner_id    text not null,
        -- the one that has its rows now
        merged_into text not null,
        merged_at   timestamptz not null default now()
      )`.execute(database);

    // Ids that redirect to an account are updated when that account is merged itself, and deleted when it is erased.
    await sql`create index merged_account_into on merged_account (merged_into)`.execute(database);
  },
};
