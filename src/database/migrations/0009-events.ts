import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Events for an account's platform, written by a trigger on the account's row in the transaction that causes them, so that no
 * code can forget to, not even a worker of the previous release.
 */
export const events: Migration = {
  async up(database: Kysely<unknown>): Promise<void> {
    await sql`
      alter table account
        -- the number of the last event; the row's lock gives the numbers out without holes and in the order of commits
        add column event_count bigint not null default 0,
        -- when at-risk was reported; null once it is safe again
        add column risk_told_at timestamptz`.execute(database);

    await sql`
      create table account_event (
        account_id   text not null,
        -- 1, 2, 3, … for each account
        event_id     bigint not null,
        kind         text not null,
        at           timestamptz not null,
        -- small: codes, names and times; never an amount, never a secret
        details      json not null,
        -- when the platform's webhook took it
        delivered_at timestamptz,
        primary key (account_id, event_id)
      )`.execute(database);

    // The few events that the webhook still has to take, oldest first, among all that it has.
    await sql`
      create index account_event_undelivered on account_event (at, account_id) where delivered_at is null`.execute(
      database,
    );

    // Does nothing when the account no longer exists.
    await sql`
      create function note_event(of_account text, of_kind text, its_details json) returns void
      language sql set search_path from current as $$
        with numbered as (
          update account set event_count = event_count + 1 where account_id = of_account returning event_count
        )
        insert into account_event (account_id, event_id, kind, at, details)
        select of_account, event_count, of_kind, clock_timestamp(), its_details from numbered
      $$`.execute(database);

    await sql`
      create function note_account_change() returns trigger language plpgsql set search_path from current as $$
      declare
        kinds text[] := '{}';
        kind text;
        details json;
        -- the last of each pair: whether the account needs somebody, whether it was read through since it was linked
        attention text;
        reading text;
      begin
        if new.linked_at is not null and new.unlinked_at is null
          and (old.linked_at is null or old.unlinked_at is not null) then
          kinds := array_append(kinds, 'linked');
        end if;
        if new.status <> old.status then
          select e.kind into attention from account_event e
          where e.account_id = new.account_id and e.kind in ('needs-attention', 'recovered', 'linked')
          order by e.event_id desc limit 1;
          select e.kind into reading from account_event e
          where e.account_id = new.account_id and e.kind in ('backfilled', 'linked') order by e.event_id desc limit 1;
          if new.status = 'needs-attention' and attention is distinct from 'needs-attention' then
            kinds := array_append(kinds, 'needs-attention');
          end if;
          if new.status in ('backfilling', 'live') and attention = 'needs-attention' then
            kinds := array_append(kinds, 'recovered');
          end if;
          if new.status = 'live'
            and (reading = 'linked' or (reading is null and old.status in ('checking', 'backfilling'))) then
            kinds := array_append(kinds, 'backfilled');
          end if;
          if new.status = 'closed' then
            kinds := array_append(kinds, 'closed');
          end if;
        end if;
        if new.risk_told_at is not null and old.risk_told_at is null then
          kinds := array_append(kinds, 'at-risk');
        end if;
        if old.linked_at is not null and old.unlinked_at is null and new.unlinked_at is not null then
          kinds := array_append(kinds, 'unlinked');
        end if;

        foreach kind in array kinds loop
          new.event_count := new.event_count + 1;
          details := case kind
            when 'needs-attention' then (
              select json_build_object('problems', coalesce(json_agg(p.code order by p.code), '[]'))
              from account_problem p where p.account_id = new.account_id and p.stream = '')
            when 'at-risk' then json_build_object('historyAtRiskAt',
              to_char(new.history_at_risk_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
            else '{}'
          end;
          insert into account_event (account_id, event_id, kind, at, details)
          values (new.account_id, new.event_count, kind, clock_timestamp(), details);
        end loop;
        return new;
      end $$`.execute(database);

    await sql`
      create trigger note_account_change before update on account for each row
      when (new.status <> old.status or new.linked_at is distinct from old.linked_at
        or new.unlinked_at is distinct from old.unlinked_at or new.risk_told_at is distinct from old.risk_told_at)
      execute function note_account_change()`.execute(database);

    await sql`
      create function note_key_expiry() returns trigger language plpgsql set search_path from current as $$
      begin
        perform note_event(new.account_id, 'key-expires-soon', json_build_object('keyExpiresAt', (
          select to_char(k.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
          from api_key k where k.account_id = new.account_id and k.state = 'active')));
        return null;
      end $$`.execute(database);

    await sql`
      create trigger note_key_expiry after insert on account_problem for each row
      when (new.code = 'key-expires-soon') execute function note_key_expiry()`.execute(database);
  },
};
