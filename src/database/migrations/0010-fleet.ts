import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The reports of the Schedules. */
export const fleet: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      create table fleet_report (
        kind        text not null,
        finished_at timestamptz not null default now(),
        report      json not null,
        -- the newest of a kind is what everybody asks for
        primary key (kind, finished_at)
      )`.execute(database);
  },
};
