import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Sessions of the connection page: one user, one key, one outcome that is reported once. */
export const linkSessions: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    // Numbers of the outcomes, drawn under a lock of the owner, so that an owner's outcomes appear in order.
    await sql`create sequence link_session_outcome`.execute(database);

    await sql`
      create table link_session (
        -- public: it stands in events, messages and return addresses
        session_id     text primary key,
        -- SHA-256 of the secret in the session's URL; the secret itself is nowhere
        token_hash     bytea not null unique,
        owner_id       text not null,
        label          text,
        return_url     text,
        -- the one origin that may show the page in a frame and gets its messages
        origin         text,
        language       text,
        -- the account whose key is replaced; null where an account is linked
        replaces       text,
        state          text not null default 'open' check (state in
                         ('open', 'checking', 'refused', 'linked', 'exited', 'expired')),
        attempts       int not null default 0,
        -- the key that was submitted last; the worker notes its checks here
        key_id         text,
        submitted_at   timestamptz,
        -- what looks mistyped in it, by its shape alone
        slips          text[] not null default '{}',
        checks         jsonb not null default '[]',
        -- what came of that key: codes and dates, nothing of the key
        answer         json,
        account_id     text,
        created_at     timestamptz not null default now(),
        expires_at     timestamptz not null,
        ended_at       timestamptz,
        -- set together with ended_at
        outcome_number bigint,
        delivered_at   timestamptz
      )`.execute(database);

    // An owner's open sessions (how many there may be), and its outcomes in order.
    await sql`create index link_session_of_owner on link_session (owner_id, outcome_number)`.execute(database);

    // The worker knows the key that it checks, not the session.
    await sql`create index link_session_of_key on link_session (key_id) where key_id is not null`.execute(database);

    // The few sessions that have not ended, and the few undelivered outcomes.
    await sql`create index link_session_open on link_session (expires_at) where ended_at is null`.execute(database);
    await sql`
      create index link_session_undelivered on link_session (ended_at)
      where ended_at is not null and delivered_at is null`.execute(database);
  },
};
