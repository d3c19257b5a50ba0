import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** A paused account loses its history silently, so its platform is informed of a pause that lasts longer than a day. */
export const longPauses: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      alter table account
        -- when the long pause was reported to the platform; null once it is read again
        add column pause_reported_at timestamptz`.execute(database);

    await sql`
      create function note_long_pause() returns trigger language plpgsql set search_path from current as $$
      begin
        new.event_count := new.event_count + 1;
        insert into account_event (account_id, event_id, kind, at, details)
        values (new.account_id, new.event_count, 'at-risk', clock_timestamp(), json_build_object(
          'historyAtRiskAt', to_char(new.history_at_risk_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
          'pausedSince', to_char(new.status_since at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')));
        return new;
      end $$`.execute(database);

    // Its name sorts it after note_account_change, whose numbers come first.
    await sql`
      create trigger note_long_pause before update on account for each row
      when (new.pause_reported_at is not null and old.pause_reported_at is null)
      execute function note_long_pause()`.execute(database);
  },
};
