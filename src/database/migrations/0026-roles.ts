import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { databaseRoles, roleName } from '../role-name.ts';
import { grantNewTables, grantTable, runAsWorker, schemaOf } from './grants.ts';

/** What each role may do, and whose rows it sees. `migrate` makes the roles, because they belong to the server. */
export const roles: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    const schema = await schemaOf(database);
    const everyRole = databaseRoles.map((role) => `"${roleName(schema, role)}"`).join(', ');
    await sql
      .raw(`
        grant usage on schema "${schema}" to ${everyRole};
        -- Every program looks whether the schema is one that it knows.
        grant select on kysely_migration to ${everyRole};
        grant usage on sequence link_session_outcome
          to "${roleName(schema, 'worker')}", "${roleName(schema, 'client')}"`)
      .execute(database);

    // A client creates, renames and ends accounts. It deletes only those that were never linked.
    await grantTable(database, 'account', {
      client: `select, delete, insert (account_id, owner_id, exchange, label, sub_account, status),
               update (label, status, status_since, started, unlinked_at, next_sync_at, history_at_risk_at, paused, command)`,
      clientDeletes: 'linked_at is null',
    });
    await grantTable(database, 'account_label', { client: 'select, insert, update (last_given_at)' });
    await grantTable(database, 'account_problem', { client: 'select, delete' });
    // To offer events to the webhook again.
    await grantTable(database, 'account_event', { client: 'select, update (delivered_at)' });
    // To raise the fence when an account is unlinked, so that pages in flight are refused.
    await grantTable(database, 'coverage', { client: 'select, update (fence)' });

    // A client stores a sealed key as a candidate and can't read it back: only the worker reads `sealed`.
    await grantTable(database, 'api_key', {
      client: `select (account_id, key_id, fingerprint, state, expires_at, created_at, adopted_at, label, sub_account,
                       doubted_at, looked_at),
               insert (account_id, key_id, fingerprint, sealed, state, label, sub_account), delete`,
      reader: null,
      clientInserts: `state = 'candidate'`,
    });
    await grantTable(database, 'known_key', { reader: null });
    await grantTable(database, 'key_attempt', { client: 'select, insert', reader: null });
    // No client reads the hash of a session's secret.
    await grantTable(database, 'link_session', {
      client: `select (session_id, owner_id, label, return_url, origin, language, replaces, state, attempts, key_id,
                       submitted_at, slips, checks, answer, account_id, created_at, expires_at, ended_at, outcome_number,
                       delivered_at),
               insert,
               update (state, attempts, key_id, submitted_at, slips, checks, answer, account_id, ended_at, outcome_number,
                       delivered_at)`,
      reader: null,
    });

    // Tables without accounts.
    await grantTable(database, 'lease', { client: null, reader: null });
    await grantTable(database, 'cooldown', { client: null });
    await grantTable(database, 'stream_reach', { client: null });
    await grantTable(database, 'fleet_report', { client: null });
    await grantNewTables(database);

    // Events are numbered and written by triggers, also when a client changes the account.
    await runAsWorker(database, 'note_account_change()', []);

    // What a client may know about all owners: figures without any owner's data.
    await sql`
      create function fleet_streams() returns table (stream text, newest_row_at timestamptz, shown_reach_ms bigint)
      language sql stable set search_path from current as $$
        select stream, max(newest_row_at), max(proved_reach_ms) from coverage group by stream order by stream
      $$`.execute(database);
    await runAsWorker(database, 'fleet_streams()', databaseRoles);

    // The secret of a session gives access; this function returns the session's owner.
    await sql`
      create function link_session_owner(its_token_hash bytea) returns table (owner_id text, session_id text)
      language sql stable set search_path from current as $$
        select owner_id, session_id from link_session where token_hash = its_token_hash
      $$`.execute(database);
    await runAsWorker(database, 'link_session_owner(bytea)', ['worker', 'client']);

    // The owners of sessions that are due to end or lost their key: the connection page handles them owner by owner.
    await sql`
      create function owners_of_due_link_sessions() returns setof text
      language sql stable set search_path from current as $$
        select distinct owner_id from link_session
        where ended_at is null and (expires_at <= now() or (state = 'checking' and submitted_at < now() - interval '1 minute'))
      $$`.execute(database);
    await runAsWorker(database, 'owners_of_due_link_sessions()', ['worker', 'client']);
  },
};
