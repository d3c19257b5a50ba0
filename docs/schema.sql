-- The tables of bitmart-sync, as the migrations in src/database/migrations leave them.
-- To read, not to run: `bitmart-sync migrate` makes them. After adding a migration write this file anew: npm run schema

CREATE OR REPLACE FUNCTION begin_erasure(its_account text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'bitmart_sync', 'pg_temp'
AS $function$
      declare
        its account%rowtype;
        problems bigint;
        parts bigint;
        keys bigint;
      begin
        select * into its from account
        where account_id = its_account and owner_id = nullif(current_setting('owner', true), '') for update;
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
      end $function$
;
CREATE OR REPLACE FUNCTION fleet_streams()
 RETURNS TABLE(stream text, newest_row_at timestamp with time zone, shown_reach_ms bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'bitmart_sync', 'pg_temp'
AS $function$
        select stream, max(newest_row_at), max(proved_reach_ms) from coverage group by stream order by stream
      $function$
;
CREATE OR REPLACE FUNCTION link_session_owner(its_token_hash bytea)
 RETURNS TABLE(owner_id text, session_id text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'bitmart_sync', 'pg_temp'
AS $function$
        select owner_id, session_id from link_session where token_hash = its_token_hash
      $function$
;
CREATE OR REPLACE FUNCTION note_account_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'bitmart_sync', 'pg_temp'
AS $function$
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
      end $function$
;
CREATE OR REPLACE FUNCTION note_event(of_account text, of_kind text, its_details json)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'bitmart_sync'
AS $function$
        with numbered as (
          update account set event_count = event_count + 1 where account_id = of_account returning event_count
        )
        insert into account_event (account_id, event_id, kind, at, details)
        select of_account, event_count, of_kind, clock_timestamp(), its_details from numbered
      $function$
;
CREATE OR REPLACE FUNCTION note_key_expiry()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'bitmart_sync'
AS $function$
      begin
        perform note_event(new.account_id, 'key-expires-soon', json_build_object('keyExpiresAt', (
          select to_char(k.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
          from api_key k where k.account_id = new.account_id and k.state = 'active')));
        return null;
      end $function$
;
CREATE OR REPLACE FUNCTION note_long_pause()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'bitmart_sync'
AS $function$
      begin
        new.event_count := new.event_count + 1;
        insert into account_event (account_id, event_id, kind, at, details)
        values (new.account_id, new.event_count, 'at-risk', clock_timestamp(), json_build_object(
          'historyAtRiskAt', to_char(new.history_at_risk_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
          'pausedSince', to_char(new.status_since at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')));
        return new;
      end $function$
;
CREATE OR REPLACE FUNCTION number_record()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'bitmart_sync'
AS $function$
      declare
        -- account, number, how many records have it: forgotten at the end of the transaction
        taken text[] := string_to_array(current_setting('number_taken', true), chr(31));
      begin
        if taken[1] = new.account_id and taken[3]::integer < 1000 then
          new.revision := taken[2]::bigint;
          taken[3] := taken[3]::integer + 1;
        else
          update account set revision = revision + 1 where account_id = new.account_id returning revision into new.revision;
          if not found then
            new.revision := 0;
          end if;
          taken := array[new.account_id, new.revision::text, '1'];
        end if;
        perform set_config('number_taken', array_to_string(taken, chr(31)), true);
        if tg_op = 'UPDATE' and new.account_id = old.account_id and new.version = old.version then
          new.version := old.version + 1;
        end if;
        return new;
      end $function$
;
CREATE OR REPLACE FUNCTION owners_of_due_link_sessions()
 RETURNS SETOF text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'bitmart_sync', 'pg_temp'
AS $function$
        select distinct owner_id from link_session
        where ended_at is null and (expires_at <= now() or (state = 'checking' and submitted_at < now() - interval '1 minute'))
      $function$
;
create table account (
  account_id text not null,
  balance_verdict text,
  balance_verdict_at timestamp with time zone,
  closed_at timestamp with time zone,
  command bigint not null default 0,
  created_at timestamp with time zone not null default now(),
  event_count bigint not null default 0,
  exchange text not null default 'bitmart'::text,
  exchange_account_id text,
  history_at_risk_at timestamp with time zone,
  label text,
  linked_at timestamp with time zone,
  next_sync_at timestamp with time zone,
  numbered boolean not null default true,
  owner_id text not null,
  pause_reported_at timestamp with time zone,
  paused boolean not null default false,
  permissions text[] not null default '{}'::text[],
  read_only boolean,
  records_reported_at timestamp with time zone,
  reported_revision bigint not null default 0,
  revision bigint not null default 0,
  risk_told_at timestamp with time zone,
  shared_exchange_account_id text,
  started boolean not null default false,
  status text not null,
  status_since timestamp with time zone not null default now(),
  sub_account text,
  unlinked_at timestamp with time zone
) with (fillfactor=70);
alter table account add constraint account_label_bounded CHECK ((char_length(label) <= 200));
alter table account add constraint account_owner_bounded CHECK ((char_length(owner_id) <= 255)) NOT VALID;
alter table account add constraint account_pkey PRIMARY KEY (account_id);
alter table account add constraint account_status_check CHECK ((status = ANY (ARRAY['checking'::text, 'backfilling'::text, 'live'::text, 'paused'::text, 'needs-attention'::text, 'closed'::text, 'unlinked'::text])));
alter table account add constraint account_sub_account_bounded CHECK ((char_length(sub_account) <= 200));
CREATE INDEX account_not_started ON account USING btree (created_at) WHERE (NOT started);
CREATE UNIQUE INDEX account_of_exchange_account ON account USING btree (owner_id, exchange, exchange_account_id) WHERE (exchange_account_id IS NOT NULL);
CREATE INDEX account_of_owner ON account USING btree (owner_id, created_at);
CREATE TRIGGER note_account_change BEFORE UPDATE ON account FOR EACH ROW WHEN (((new.status <> old.status) OR (new.linked_at IS DISTINCT FROM old.linked_at) OR (new.unlinked_at IS DISTINCT FROM old.unlinked_at) OR (new.risk_told_at IS DISTINCT FROM old.risk_told_at))) EXECUTE FUNCTION note_account_change();
CREATE TRIGGER note_long_pause BEFORE UPDATE ON account FOR EACH ROW WHEN (((new.pause_reported_at IS NOT NULL) AND (old.pause_reported_at IS NULL))) EXECUTE FUNCTION note_long_pause();
create table account_event (
  account_id text not null,
  at timestamp with time zone not null,
  delivered_at timestamp with time zone,
  details json not null,
  event_id bigint not null,
  kind text not null
);
alter table account_event add constraint account_event_pkey PRIMARY KEY (account_id, event_id);
CREATE INDEX account_event_undelivered ON account_event USING btree (at, account_id) WHERE (delivered_at IS NULL);
create table account_label (
  account_id text not null,
  first_given_at timestamp with time zone not null default now(),
  label text not null,
  last_given_at timestamp with time zone not null default now(),
  sub_account text not null
);
alter table account_label add constraint account_label_bounded CHECK (((char_length(label) <= 200) AND (char_length(sub_account) <= 200)));
alter table account_label add constraint account_label_pkey PRIMARY KEY (account_id, label, sub_account);
create table account_problem (
  account_id text not null,
  code text not null,
  facts json not null default '{}'::json,
  message text not null,
  remedy text not null,
  since timestamp with time zone not null default now(),
  stream text not null
);
alter table account_problem add constraint account_problem_pkey PRIMARY KEY (account_id, stream, code);
CREATE TRIGGER note_key_expiry AFTER INSERT ON account_problem FOR EACH ROW WHEN ((new.code = 'key-expires-soon'::text)) EXECUTE FUNCTION note_key_expiry();
create table api_key (
  account_id text not null,
  adopted_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  doubted_at timestamp with time zone,
  expires_at timestamp with time zone,
  fingerprint text not null,
  key_id text not null,
  label text,
  looked_at timestamp with time zone,
  sealed text not null,
  state text not null,
  sub_account text
);
alter table api_key add constraint api_key_label_bounded CHECK ((char_length(label) <= 200));
alter table api_key add constraint api_key_pkey PRIMARY KEY (account_id, key_id);
alter table api_key add constraint api_key_state_check CHECK ((state = ANY (ARRAY['candidate'::text, 'active'::text])));
alter table api_key add constraint api_key_sub_account_bounded CHECK ((char_length(sub_account) <= 200));
CREATE UNIQUE INDEX api_key_active ON api_key USING btree (account_id) WHERE (state = 'active'::text);
CREATE INDEX api_key_fingerprint ON api_key USING btree (fingerprint);
create table balance_snapshot (
  account_id text not null,
  asked_at timestamp with time zone,
  available text,
  balance numeric,
  currency text not null,
  frozen text,
  moment text,
  raw json,
  reason text,
  taken_at timestamp with time zone not null,
  total text,
  wallet text not null
);
alter table balance_snapshot add constraint balance_snapshot_pkey PRIMARY KEY (account_id, wallet, taken_at, currency);
create table cooldown (
  changed_at timestamp with time zone not null default now(),
  egress_id text not null,
  reason text not null,
  until timestamp with time zone not null
);
alter table cooldown add constraint cooldown_pkey PRIMARY KEY (egress_id);
create table coverage (
  account_id text not null,
  answered tstzmultirange not null default '{}'::tstzmultirange,
  bounds_honoured boolean not null default false,
  claimed_from timestamp with time zone,
  confirmed tstzmultirange not null default '{}'::tstzmultirange,
  covered tstzmultirange not null default '{}'::tstzmultirange,
  evidence_from timestamp with time zone not null default '-infinity'::timestamp with time zone,
  fence bigint not null default 0,
  fitting_window_ms bigint,
  last_read_at timestamp with time zone,
  last_read_end timestamp with time zone,
  last_verified_at timestamp with time zone,
  longest_late_ms bigint,
  marks jsonb not null default '[]'::jsonb,
  newest_row_at timestamp with time zone,
  oldest_row_at timestamp with time zone,
  part text not null,
  pending tstzmultirange not null default '{}'::tstzmultirange,
  proved_reach_ms bigint,
  read_end timestamp with time zone,
  read_through boolean not null default false,
  requested tstzmultirange not null default '{}'::tstzmultirange,
  row_count bigint not null default 0,
  settled_through timestamp with time zone,
  stream text not null,
  suspect tstzmultirange not null default '{}'::tstzmultirange,
  swept_at timestamp with time zone,
  tail tstzrange,
  tail_page_id uuid,
  verified_count bigint not null default 0,
  walked_at timestamp with time zone,
  walked_with text
) with (fillfactor=50);
alter table coverage add constraint coverage_pkey PRIMARY KEY (account_id, stream, part);
create table deposit (
  account_id text not null,
  address text,
  address_memo text,
  amount numeric not null,
  asset text,
  currency text not null,
  deposit_id text not null,
  digest text not null,
  fee numeric,
  fixed_digest text not null,
  network text,
  page_id uuid not null,
  raw json not null,
  requested_at timestamp with time zone not null,
  revision bigint not null default 0,
  status text not null,
  tx_id text,
  version integer not null default 1
);
alter table deposit add constraint deposit_pkey PRIMARY KEY (account_id, deposit_id);
CREATE INDEX deposit_by_revision ON deposit USING btree (account_id, revision) WHERE (revision > 0);
CREATE INDEX deposit_by_time ON deposit USING btree (account_id, requested_at);
CREATE TRIGGER number_changed BEFORE UPDATE ON deposit FOR EACH ROW WHEN ((new.revision = old.revision)) EXECUTE FUNCTION number_record();
CREATE TRIGGER number_inserted BEFORE INSERT ON deposit FOR EACH ROW WHEN ((new.revision = 0)) EXECUTE FUNCTION number_record();
create table earn_record (
  account_id text not null,
  amount numeric not null,
  currency text not null,
  digest text not null,
  fixed_digest text not null,
  lock_days integer,
  occurred_at timestamp with time zone not null,
  page_id uuid not null,
  part text not null,
  product text not null,
  product_id text,
  product_tag text,
  raw json not null,
  record_id text not null,
  request_no text,
  revision bigint not null default 0,
  status text,
  subscribe_type text,
  type text not null,
  version integer not null default 1
);
alter table earn_record add constraint earn_record_pkey PRIMARY KEY (account_id, part, record_id);
CREATE INDEX earn_record_by_revision ON earn_record USING btree (account_id, revision) WHERE (revision > 0);
CREATE INDEX earn_record_by_time ON earn_record USING btree (account_id, part, occurred_at);
CREATE TRIGGER number_changed BEFORE UPDATE ON earn_record FOR EACH ROW WHEN ((new.revision = old.revision)) EXECUTE FUNCTION number_record();
CREATE TRIGGER number_inserted BEFORE INSERT ON earn_record FOR EACH ROW WHEN ((new.revision = 0)) EXECUTE FUNCTION number_record();
create table erasure (
  account_created_at timestamp with time zone not null,
  account_id text not null,
  counts jsonb not null default '{}'::jsonb,
  delivered_at timestamp with time zone,
  erased_at timestamp with time zone,
  erased_number bigint,
  fingerprints text[] not null,
  owner_id text not null,
  requested_at timestamp with time zone not null default clock_timestamp(),
  rows_gone_at timestamp with time zone
);
alter table erasure add constraint erasure_pkey PRIMARY KEY (account_id, account_created_at);
CREATE INDEX erasure_of_owner ON erasure USING btree (owner_id, erased_number);
CREATE UNIQUE INDEX erasure_of_rows ON erasure USING btree (account_id) WHERE (rows_gone_at IS NULL);
CREATE INDEX erasure_undelivered ON erasure USING btree (erased_at) WHERE ((erased_at IS NOT NULL) AND (delivered_at IS NULL));
CREATE INDEX erasure_under_way ON erasure USING btree (requested_at) WHERE (erased_at IS NULL);
create table fleet_report (
  finished_at timestamp with time zone not null default now(),
  kind text not null,
  report json not null
);
alter table fleet_report add constraint fleet_report_pkey PRIMARY KEY (kind, finished_at);
create table futures_flow (
  account_id text not null,
  amount numeric not null,
  asset text not null,
  digest text not null,
  fixed_digest text not null,
  flow_type integer not null,
  occurred_at timestamp with time zone not null,
  occurrence integer not null,
  page_id uuid not null,
  part text not null,
  raw json not null,
  revision bigint not null default 0,
  symbol text not null,
  tran_id text not null,
  type text,
  version integer not null default 1
);
alter table futures_flow add constraint futures_flow_pkey PRIMARY KEY (account_id, part, occurred_at, symbol, flow_type, asset, amount, tran_id, occurrence);
CREATE INDEX futures_flow_by_revision ON futures_flow USING btree (account_id, revision) WHERE (revision > 0);
CREATE TRIGGER number_changed BEFORE UPDATE ON futures_flow FOR EACH ROW WHEN ((new.revision = old.revision)) EXECUTE FUNCTION number_record();
CREATE TRIGGER number_inserted BEFORE INSERT ON futures_flow FOR EACH ROW WHEN ((new.revision = 0)) EXECUTE FUNCTION number_record();
create table futures_trade (
  account_id text not null,
  base_asset text,
  client_order_id text,
  contract_kind text,
  contract_size numeric,
  contracts numeric not null,
  digest text not null,
  fee numeric,
  fee_currency text,
  fixed_digest text not null,
  order_id text not null,
  page_id uuid not null,
  part text not null,
  price numeric not null,
  quote_asset text,
  raw json not null,
  realised_profit numeric,
  revision bigint not null default 0,
  role text,
  settlement_asset text,
  side text not null,
  side_code integer not null,
  symbol text not null,
  trade_id text not null,
  traded_at timestamp with time zone not null,
  version integer not null default 1
);
alter table futures_trade add constraint futures_trade_pkey PRIMARY KEY (account_id, part, symbol, trade_id, order_id);
CREATE INDEX futures_trade_by_revision ON futures_trade USING btree (account_id, revision) WHERE (revision > 0);
CREATE INDEX futures_trade_by_time ON futures_trade USING btree (account_id, part, traded_at);
CREATE TRIGGER number_changed BEFORE UPDATE ON futures_trade FOR EACH ROW WHEN ((new.revision = old.revision)) EXECUTE FUNCTION number_record();
CREATE TRIGGER number_inserted BEFORE INSERT ON futures_trade FOR EACH ROW WHEN ((new.revision = 0)) EXECUTE FUNCTION number_record();
create table gap (
  account_id text not null,
  from_at timestamp with time zone not null,
  part text not null,
  reason text not null,
  stream text not null,
  to_at timestamp with time zone not null
);
alter table gap add constraint gap_check CHECK ((from_at < to_at));
alter table gap add constraint gap_pkey PRIMARY KEY (account_id, stream, part, from_at, to_at, reason);
alter table gap add constraint gap_reason_check CHECK ((reason = ANY (ARRAY['not-yet-read'::text, 'expired-before-link'::text, 'expired-unread'::text, 'reach-unknown'::text, 'too-dense'::text, 'refused'::text, 'not-opened'::text, 'quarantined'::text, 'unexpected-answer'::text, 'unanswered'::text])));
create table key_attempt (
  attempted_at timestamp with time zone not null default now(),
  fingerprint text not null,
  owner_id text not null
);
alter table key_attempt add constraint key_attempt_fingerprint_check CHECK ((char_length(fingerprint) <= 200));
alter table key_attempt add constraint key_attempt_owner_id_check CHECK ((char_length(owner_id) <= 255));
CREATE INDEX key_attempt_of_owner ON key_attempt USING btree (owner_id, attempted_at);
create table key_verdict (
  account_id text not null,
  decided_at timestamp with time zone not null default now(),
  key_id text not null,
  result json not null
);
alter table key_verdict add constraint key_verdict_pkey PRIMARY KEY (account_id, key_id);
create table known_key (
  account_id text not null,
  adopted_at timestamp with time zone not null default now(),
  fingerprint text not null
);
alter table known_key add constraint known_key_pkey PRIMARY KEY (account_id, fingerprint);
CREATE INDEX known_key_fingerprint ON known_key USING btree (fingerprint);
create table lease (
  endpoint text not null,
  fingerprint text not null,
  next_turn_at timestamp with time zone not null
) with (fillfactor=30);
alter table lease add constraint lease_pkey PRIMARY KEY (fingerprint, endpoint);
create table link_session (
  account_id text,
  answer json,
  attempts integer not null default 0,
  checks jsonb not null default '[]'::jsonb,
  created_at timestamp with time zone not null default now(),
  delivered_at timestamp with time zone,
  ended_at timestamp with time zone,
  expires_at timestamp with time zone not null,
  key_id text,
  label text,
  language text,
  origin text,
  outcome_number bigint,
  owner_id text not null,
  replaces text,
  return_url text,
  session_id text not null,
  slips text[] not null default '{}'::text[],
  state text not null default 'open'::text,
  submitted_at timestamp with time zone,
  token_hash bytea not null
);
alter table link_session add constraint link_session_pkey PRIMARY KEY (session_id);
alter table link_session add constraint link_session_state_check CHECK ((state = ANY (ARRAY['open'::text, 'checking'::text, 'refused'::text, 'linked'::text, 'exited'::text, 'expired'::text])));
alter table link_session add constraint link_session_token_hash_key UNIQUE (token_hash);
CREATE INDEX link_session_of_key ON link_session USING btree (key_id) WHERE (key_id IS NOT NULL);
CREATE INDEX link_session_of_owner ON link_session USING btree (owner_id, outcome_number);
CREATE INDEX link_session_open ON link_session USING btree (expires_at) WHERE (ended_at IS NULL);
CREATE INDEX link_session_undelivered ON link_session USING btree (ended_at) WHERE ((ended_at IS NOT NULL) AND (delivered_at IS NULL));
create table margin_loan (
  account_id text not null,
  amount numeric not null,
  currency text not null,
  daily_interest numeric,
  digest text not null,
  fixed_digest text not null,
  hourly_interest numeric,
  interest numeric,
  kind text not null,
  occurred_at timestamp with time zone not null,
  page_id uuid not null,
  part text not null,
  principal numeric,
  raw json not null,
  record_id text not null,
  revision bigint not null default 0,
  symbol text not null,
  version integer not null default 1
);
alter table margin_loan add constraint margin_loan_pkey PRIMARY KEY (account_id, part, record_id);
CREATE INDEX margin_loan_by_revision ON margin_loan USING btree (account_id, revision) WHERE (revision > 0);
CREATE INDEX margin_loan_by_time ON margin_loan USING btree (account_id, part, occurred_at);
CREATE TRIGGER number_changed BEFORE UPDATE ON margin_loan FOR EACH ROW WHEN ((new.revision = old.revision)) EXECUTE FUNCTION number_record();
CREATE TRIGGER number_inserted BEFORE INSERT ON margin_loan FOR EACH ROW WHEN ((new.revision = 0)) EXECUTE FUNCTION number_record();
create table merged_account (
  account_id text not null,
  conflicts integer not null default 0,
  dropped integer not null default 0,
  merged_at timestamp with time zone not null default now(),
  merged_into text not null,
  moved integer not null default 0,
  owner_id text not null
);
alter table merged_account add constraint merged_account_pkey PRIMARY KEY (account_id);
CREATE INDEX merged_account_into ON merged_account USING btree (merged_into);
create table page (
  account_id text not null,
  answered tstzmultirange,
  asked_from timestamp with time zone not null,
  asked_to timestamp with time zone not null,
  bytes bytea,
  changed integer not null,
  claim tstzmultirange not null,
  committed_at timestamp with time zone not null default now(),
  core tstzrange not null,
  exchange_clock timestamp with time zone not null,
  hash bytea not null,
  inserted integer not null,
  is_outdated boolean not null default false,
  page_id uuid not null,
  part text not null,
  quarantined integer not null,
  reason text,
  replay_of uuid,
  served integer not null,
  split text,
  stream text not null,
  trace text,
  unchanged integer not null,
  verdict text not null
);
alter table page add constraint page_pkey PRIMARY KEY (account_id, page_id);
alter table page add constraint page_rows_add_up CHECK ((served = (((inserted + changed) + unchanged) + quarantined)));
CREATE INDEX page_of_stream ON page USING btree (account_id, stream, asked_from);
CREATE INDEX page_outdated ON page USING btree (account_id, stream, part) WHERE is_outdated;
create table quarantined_row (
  account_id text not null,
  first_seen_at timestamp with time zone not null default now(),
  mapping_version integer not null default 1,
  page_id uuid not null,
  part text not null,
  quarantine_id uuid not null,
  raw json not null,
  reason text not null,
  resolved_at timestamp with time zone,
  row_at timestamp with time zone,
  row_key text,
  stream text not null
);
alter table quarantined_row add constraint quarantined_row_pkey PRIMARY KEY (account_id, quarantine_id);
CREATE INDEX quarantined_row_of_stream ON quarantined_row USING btree (account_id, stream, row_at);
create table record_version (
  account_id text not null,
  digest text not null,
  page_id uuid not null,
  part text not null,
  raw json not null,
  record_key text not null,
  replaced_at timestamp with time zone not null default now(),
  replaced_by uuid not null,
  stream text not null,
  version integer not null
);
alter table record_version add constraint record_version_pkey PRIMARY KEY (account_id, stream, part, record_key, page_id);
create table spot_trade (
  account_id text not null,
  client_order_id text,
  digest text not null,
  fee numeric,
  fee_currency text,
  fixed_digest text not null,
  notional numeric,
  order_id text not null,
  order_mode text,
  order_type text,
  page_id uuid not null,
  price numeric not null,
  raw json not null,
  revision bigint not null default 0,
  role text,
  side text not null,
  size numeric not null,
  symbol text not null,
  trade_id text not null,
  traded_at timestamp with time zone not null,
  updated_at timestamp with time zone,
  version integer not null default 1
);
alter table spot_trade add constraint spot_trade_pkey PRIMARY KEY (account_id, symbol, trade_id, order_id);
CREATE INDEX spot_trade_by_revision ON spot_trade USING btree (account_id, revision) WHERE (revision > 0);
CREATE INDEX spot_trade_by_time ON spot_trade USING btree (account_id, traded_at);
CREATE INDEX spot_trade_on_margin ON spot_trade USING btree (account_id, symbol) WHERE (order_mode = 'iso_margin'::text);
CREATE TRIGGER number_changed BEFORE UPDATE ON spot_trade FOR EACH ROW WHEN ((new.revision = old.revision)) EXECUTE FUNCTION number_record();
CREATE TRIGGER number_inserted BEFORE INSERT ON spot_trade FOR EACH ROW WHEN ((new.revision = 0)) EXECUTE FUNCTION number_record();
create table stream_reach (
  exchange text not null,
  first_look_at timestamp with time zone not null,
  measured_at timestamp with time zone,
  reach_ms bigint not null,
  stream text not null,
  witnesses integer not null
);
alter table stream_reach add constraint stream_reach_pkey PRIMARY KEY (exchange, stream);
alter table stream_reach add constraint stream_reach_reach_ms_check CHECK ((reach_ms > 0));
create table sub_account_transfer (
  account_id text not null,
  amount numeric not null,
  currency text not null,
  digest text not null,
  fixed_digest text not null,
  from_account text not null,
  from_wallet text not null,
  occurrence integer not null,
  page_id uuid not null,
  raw json not null,
  revision bigint not null default 0,
  to_account text not null,
  to_wallet text not null,
  transferred_at timestamp with time zone not null,
  version integer not null default 1
);
alter table sub_account_transfer add constraint sub_account_transfer_pkey PRIMARY KEY (account_id, transferred_at, from_account, from_wallet, to_account, to_wallet, currency, amount, occurrence);
CREATE INDEX sub_account_transfer_by_revision ON sub_account_transfer USING btree (account_id, revision) WHERE (revision > 0);
CREATE TRIGGER number_changed BEFORE UPDATE ON sub_account_transfer FOR EACH ROW WHEN ((new.revision = old.revision)) EXECUTE FUNCTION number_record();
CREATE TRIGGER number_inserted BEFORE INSERT ON sub_account_transfer FOR EACH ROW WHEN ((new.revision = 0)) EXECUTE FUNCTION number_record();
create table transfer (
  account_id text not null,
  amount numeric not null,
  currency text not null,
  digest text not null,
  direction text not null,
  fixed_digest text not null,
  page_id uuid not null,
  raw json not null,
  revision bigint not null default 0,
  status text not null,
  transfer_id text not null,
  transferred_at timestamp with time zone not null,
  version integer not null default 1
);
alter table transfer add constraint transfer_pkey PRIMARY KEY (account_id, transfer_id);
CREATE INDEX transfer_by_revision ON transfer USING btree (account_id, revision) WHERE (revision > 0);
CREATE INDEX transfer_by_time ON transfer USING btree (account_id, transferred_at);
CREATE TRIGGER number_changed BEFORE UPDATE ON transfer FOR EACH ROW WHEN ((new.revision = old.revision)) EXECUTE FUNCTION number_record();
CREATE TRIGGER number_inserted BEFORE INSERT ON transfer FOR EACH ROW WHEN ((new.revision = 0)) EXECUTE FUNCTION number_record();
create table withdrawal (
  account_id text not null,
  address text,
  address_memo text,
  amount numeric not null,
  asset text,
  currency text not null,
  digest text not null,
  fee numeric,
  fixed_digest text not null,
  network text,
  page_id uuid not null,
  raw json not null,
  requested_at timestamp with time zone not null,
  revision bigint not null default 0,
  status text not null,
  tx_id text,
  version integer not null default 1,
  withdraw_id text not null
);
alter table withdrawal add constraint withdrawal_pkey PRIMARY KEY (account_id, withdraw_id);
CREATE INDEX withdrawal_by_revision ON withdrawal USING btree (account_id, revision) WHERE (revision > 0);
CREATE INDEX withdrawal_by_time ON withdrawal USING btree (account_id, requested_at);
CREATE TRIGGER number_changed BEFORE UPDATE ON withdrawal FOR EACH ROW WHEN ((new.revision = old.revision)) EXECUTE FUNCTION number_record();
CREATE TRIGGER number_inserted BEFORE INSERT ON withdrawal FOR EACH ROW WHEN ((new.revision = 0)) EXECUTE FUNCTION number_record();
