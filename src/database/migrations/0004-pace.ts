import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Rate-limit slots, shared by all workers, attempts and owners of one key; and pauses of a whole address. */
export const pace: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      create table lease (
        fingerprint  text not null,
        endpoint     text not null,
        -- the next request is not sent before this instant, by this database's clock
        next_turn_at timestamptz not null,
        primary key (fingerprint, endpoint)
      )
      -- written once per request
      with (fillfactor = 30)`.execute(database);

    await sql`
      create table cooldown (
        egress_id  text primary key,
        until      timestamptz not null,
        reason     text not null,
        changed_at timestamptz not null default now()
      )`.execute(database);
  },
};
