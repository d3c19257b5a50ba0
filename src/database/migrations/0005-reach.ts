import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** How late rows appear, how far back streams are served, and the accounts' balances before the exchange closes. */
export const reach: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      alter table coverage
        -- the longest time that a row took to appear, fading
        add column longest_late_ms bigint,
        -- frozen end of the newest read that asked for the whole reach
        add column swept_at timestamptz`.execute(database);

    await sql`
      -- How far back a stream is really served, where that is less than documented. Of the exchange, not of an account.
      create table stream_reach (
        exchange      text not null,
        stream        text not null,
        reach_ms      bigint not null check (reach_ms > 0),
        -- records that we hold, that should be within the reach, and that were served no more
        witnesses     integer not null,
        first_look_at timestamptz not null,
        -- null until a second look, cut differently, has shown the same: only then the reach is used
        measured_at   timestamptz,
        primary key (exchange, stream)
      )`.execute(database);

    await sql`
      -- An account's balances, as the exchange reported them shortly before it closes; amounts digit for digit as served.
      create table balance_snapshot (
        account_id  text not null,
        -- spot or futures
        wallet      text not null,
        taken_at    timestamptz not null,
        -- empty where the exchange refused to tell: then the reason says why
        currency    text not null,
        available   text,
        frozen      text,
        total       text,
        reason      text,
        raw         json,
        primary key (account_id, wallet, taken_at, currency)
      )`.execute(database);
  },
};
