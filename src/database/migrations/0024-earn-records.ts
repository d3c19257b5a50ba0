import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { numberRecords } from './0006-changes.ts';

export const earnRecords: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      create table earn_record (
        account_id     text not null,
        -- product and type
        part           text not null,
        record_id      text not null,
        -- flexible or fixed
        product        text not null,
        -- subscribe, redeem or interest
        type           text not null,
        currency       text not null,
        amount         numeric not null,
        -- as served: no list of its words is known
        status         text,
        product_id     text,
        product_tag    text,
        -- of fixed savings
        lock_days      integer,
        subscribe_type text,
        request_no     text,
        occurred_at    timestamptz not null,
        page_id        uuid not null,
        digest         text not null,
        fixed_digest   text not null,
        raw            json not null,
        primary key (account_id, part, record_id)
      )`.execute(database);

    // The rows held inside a page's window, and an account's records in order of time.
    await sql`create index earn_record_by_time on earn_record (account_id, part, occurred_at)`.execute(database);
    await numberRecords(database, 'earn_record');
  },
};
