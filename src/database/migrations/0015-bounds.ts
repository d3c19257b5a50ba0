import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The length of what users type is bounded in every table, and keys that were never accepted are counted. */
export const bounds: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    for (const table of ['account', 'api_key'] as const) {
      await sql`
        update ${sql.id(table)} set label = left(label, 200), sub_account = left(sub_account, 200)
        where char_length(label) > 200 or char_length(sub_account) > 200`.execute(database);
      await sql`
        alter table ${sql.id(table)}
          add constraint ${sql.id(`${table}_label_bounded`)} check (char_length(label) <= 200),
          add constraint ${sql.id(`${table}_sub_account_bounded`)} check (char_length(sub_account) <= 200)`.execute(
        database,
      );
    }
    // Longer names were cut above; two of them could be one now.
    await sql`delete from account_label where char_length(label) > 200 or char_length(sub_account) > 200`.execute(
      database,
    );
    await sql`
      alter table account_label
        add constraint account_label_bounded check (char_length(label) <= 200 and char_length(sub_account) <= 200)`.execute(
      database,
    );
    // Not for existing rows, because an owner's id can't be cut.
    await sql`alter table account add constraint account_owner_bounded check (char_length(owner_id) <= 255) not valid`.execute(
      database,
    );

    await sql`
      create table key_attempt (
        -- who had the key looked at
        owner_id     text not null check (char_length(owner_id) <= 255),
        fingerprint  text not null check (char_length(fingerprint) <= 200),
        attempted_at timestamptz not null default now()
      )`.execute(database);

    // An owner's attempts of the last hour, asked at every link.
    await sql`create index key_attempt_of_owner on key_attempt (owner_id, attempted_at)`.execute(database);
  },
};
