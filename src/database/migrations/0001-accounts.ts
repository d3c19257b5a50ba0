import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Accounts, their keys and their problems. */
export const accounts: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      create table account (
        account_id          text primary key,
        owner_id            text not null,
        exchange            text not null default 'bitmart',
        label               text,
        sub_account         text,
        status              text not null check (status in
                              ('checking', 'backfilling', 'live', 'paused', 'needs-attention', 'closed', 'unlinked')),
        status_since        timestamptz not null default now(),
        -- null until a key was accepted; never changes after that
        linked_at           timestamptz,
        closed_at           timestamptz,
        unlinked_at         timestamptz,
        next_sync_at        timestamptz,
        history_at_risk_at  timestamptz,
        -- the exchange's own id of the account, where it could be read
        exchange_account_id text,
        read_only           boolean,
        permissions         text[] not null default '{}',
        paused              boolean not null default false,
        -- whether a workflow is known to look after the account
        started             boolean not null default false,
        created_at          timestamptz not null default now()
      )`.execute(database);

    // An owner's list of accounts, and the check that an account is this owner's.
    await sql`create index account_of_owner on account (owner_id, created_at)`.execute(database);

    // One exchange account is one account of its owner, whichever key it was linked with: two simultaneous links must collide.
    await sql`
      create unique index account_of_exchange_account on account (owner_id, exchange, exchange_account_id)
      where exchange_account_id is not null`.execute(database);

    // The few accounts that still wait for a workflow, among very many that have one.
    await sql`create index account_not_started on account (created_at) where not started`.execute(database);

    await sql`
      create table account_problem (
        account_id text not null,
        -- empty when it concerns the account as a whole
        stream     text not null,
        code       text not null,
        message    text not null,
        remedy     text not null,
        since      timestamptz not null default now(),
        primary key (account_id, stream, code)
      )`.execute(database);

    await sql`
      create table api_key (
        account_id  text not null,
        key_id      text not null,
        fingerprint text not null,
        sealed      text not null,
        state       text not null check (state in ('candidate', 'active')),
        expires_at  timestamptz,
        created_at  timestamptz not null default now(),
        adopted_at  timestamptz,
        primary key (account_id, key_id)
      )`.execute(database);

    // At most one key of an account is in use; a race between two candidates ends here.
    await sql`create unique index api_key_active on api_key (account_id) where state = 'active'`.execute(database);

    // "Which account does this owner have for this key?", asked at every link.
    await sql`create index api_key_fingerprint on api_key (fingerprint)`.execute(database);

    // Every key that an account was ever read with: a key that was rotated out, or whose account was unlinked,
    // still finds its account. Only the fingerprint is kept, never the sealed key.
    await sql`
      create table known_key (
        account_id  text not null,
        fingerprint text not null,
        adopted_at  timestamptz not null default now(),
        primary key (account_id, fingerprint)
      )`.execute(database);

    // The same question as above, for keys that are no longer stored.
    await sql`create index known_key_fingerprint on known_key (fingerprint)`.execute(database);
  },
};
