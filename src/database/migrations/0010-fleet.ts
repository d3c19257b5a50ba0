import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What looks after all accounts together: its reports, and since when an account is about to lose history. */
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

    // Since when the retention audit finds that less than three days are left; null while nothing is at risk.
    await sql`alter table account add column at_risk_since timestamptz`.execute(database);
  },
};
