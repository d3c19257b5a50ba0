import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * What was requested of a part with the key in use, and which key that is: another key requests the past once more. Windows
 * that fail become gaps with their own reasons.
 */
export const walk: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      alter table coverage
        add column requested   tstzmultirange not null default '{}',
        add column walked_with text,
        add column walked_at   timestamptz`.execute(database);
    await sql`
      alter table gap
        drop constraint gap_reason_check,
        add constraint gap_reason_check check (reason in ('not-yet-read', 'expired-before-link', 'expired-unread',
          'reach-unknown', 'too-dense', 'refused', 'not-opened', 'quarantined', 'unexpected-answer', 'unanswered'))`.execute(
      database,
    );
  },
};
