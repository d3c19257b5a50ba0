import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { roleName } from '../role-name.ts';
import { grantTable, runAsWorker, schemaOf } from './grants.ts';

/**
 * Erasure of an account: first its key, its state and the account itself, in one short transaction; then its history, in
 * batches; then its runs in Temporal. A receipt remains for thirty days.
 */
export const erasure: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    // Drawn under a lock of the owner, as the outcomes of link sessions are.
    await sql`create sequence erasure_number`.execute(database);
    await sql`
      create table erasure (
        account_id         text not null,
        owner_id           text not null,
        account_created_at timestamptz not null,
        requested_at       timestamptz not null default clock_timestamp(),
        -- of its keys, by which their rate limits are found; emptied when those are gone
        fingerprints       text[] not null,
        -- how many rows were deleted, by table
        counts             jsonb not null default '{}',
        -- since when no row of it is left in Postgres
        rows_gone_at       timestamptz,
        -- nor anything in Temporal: the event
        erased_at          timestamptz,
        erased_number      bigint,
        delivered_at       timestamptz,
        primary key (account_id, account_created_at)
      )`.execute(database);
    // One at a time: until its rows are gone, an account is not linked again.
    await sql`create unique index erasure_of_rows on erasure (account_id) where rows_gone_at is null`.execute(database);
    await sql`create index erasure_under_way on erasure (requested_at) where erased_at is null`.execute(database);
    await sql`create index erasure_of_owner on erasure (owner_id, erased_number)`.execute(database);
    await sql`
      create index erasure_undelivered on erasure (erased_at)
      where erased_at is not null and delivered_at is null`.execute(database);
    await grantTable(database, 'erasure', { client: 'select, update (delivered_at)' });
    const worker = roleName(await schemaOf(database), 'worker');
    await sql`grant usage on sequence erasure_number to ${sql.id(worker)}`.execute(database);

    // Begins the erasure of an account of the named owner, for the worker, and for an owner while no worker runs. Afterwards
    // the account can't be found; a concurrent writer waits here for its row, and then finds none.
    await sql`
      create function begin_erasure(its_account text) returns void
      language plpgsql set search_path from current as $$
      declare
        its account%rowtype;
        problems bigint;
        parts bigint;
        keys bigint;
      begin
        select * into its from account
        where account_id = its_account and owner_id = nullif(current_setting('bitmart_sync.owner', true), '') for update;
        if not found then
          return;
        end if;
        insert into erasure (account_id, owner_id, account_created_at, fingerprints)
        values (its.account_id, its.owner_id, its.created_at, array(
          select fingerprint from api_key where account_id = its_account
          union select fingerprint from known_key where account_id = its_account));
        delete from api_key where account_id = its_account;
        get diagnostics keys = row_count;
        delete from coverage where account_id = its_account;
        get diagnostics parts = row_count;
        delete from account_problem where account_id = its_account;
        get diagnostics problems = row_count;
        delete from account where account_id = its_account;
        update erasure set counts = jsonb_build_object('account', 1, 'api_key', keys, 'coverage', parts, 'account_problem', problems)
        where account_id = its_account and rows_gone_at is null;
      end $$`.execute(database);
    await runAsWorker(database, 'begin_erasure(text)', ['worker', 'client']);
  },
};
