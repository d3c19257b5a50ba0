import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { grantTable } from './grants.ts';

/**
 * Verdicts on deleted keys: a worker can die between the deletion and the answer, and the next attempt finds no key to check.
 * An account that was never linked is deleted with its only key, and its verdict stays for an hour.
 */
export const keyVerdicts: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      create table key_verdict (
        account_id text not null,
        key_id     text not null,
        -- the result of the check, as the workflow gets it
        result     json not null,
        decided_at timestamptz not null default now(),
        primary key (account_id, key_id)
      )`.execute(database);
    await grantTable(database, 'key_verdict', { client: null, reader: null });
  },
};
