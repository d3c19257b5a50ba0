import type { ColumnType, Generated } from 'kysely';
import type { Verdict } from '../books/reconcile.ts';
import type { ProblemCode } from '../history/failure.ts';
import type { GapReason } from '../history/gap.ts';
import type { PageVerdict } from '../history/ports.ts';
import type { AccountStatus } from '../workflows/messages.ts';
import type { EventKind } from './event-kind.ts';

/**
 * The tables as Kysely sees them; the migrations explain them. Record tables (`spot_trade` and its like) are written through
 * their streams' declarations and so are not typed here.
 */
export interface Tables {
  account: {
    account_id: string;
    owner_id: string;
    exchange: Generated<string>;
    label: string | null;
    sub_account: string | null;
    status: AccountStatus;
    status_since: DefaultInstant;
    linked_at: OptionalInstant;
    closed_at: OptionalInstant;
    unlinked_at: OptionalInstant;
    next_sync_at: OptionalInstant;
    history_at_risk_at: OptionalInstant;
    exchange_account_id: string | null;
    shared_exchange_account_id: string | null;
    read_only: boolean | null;
    permissions: Generated<string[]>;
    paused: Generated<boolean>;
    started: Generated<boolean>;
    created_at: DefaultInstant;
    revision: Generated<number>;
    numbered: Generated<boolean>;
    event_count: Generated<number>;
    reported_revision: Generated<number>;
    records_reported_at: OptionalInstant;
    risk_told_at: OptionalInstant;
    pause_reported_at: OptionalInstant;
    balance_verdict: Verdict | null;
    balance_verdict_at: OptionalInstant;
    command: Generated<number>;
  };
  account_problem: {
    account_id: string;
    stream: string;
    code: ProblemCode;
    message: string;
    remedy: string;
    /** Read as text, as all json. */
    facts: Generated<string>;
    since: DefaultInstant;
  };
  api_key: {
    account_id: string;
    key_id: string;
    fingerprint: string;
    sealed: string;
    state: 'candidate' | 'active';
    expires_at: OptionalInstant;
    created_at: DefaultInstant;
    adopted_at: OptionalInstant;
    label: string | null;
    sub_account: string | null;
    doubted_at: OptionalInstant;
    looked_at: OptionalInstant;
  };
  account_event: {
    account_id: string;
    event_id: number;
    kind: EventKind;
    at: Instant;
    details: string;
    delivered_at: OptionalInstant;
  };
  known_key: {
    account_id: string;
    fingerprint: string;
    adopted_at: DefaultInstant;
  };
  account_label: {
    account_id: string;
    label: string;
    sub_account: string;
    first_given_at: DefaultInstant;
    last_given_at: DefaultInstant;
  };
  merged_account: {
    account_id: string;
    owner_id: string;
    merged_into: string;
    merged_at: DefaultInstant;
    moved: Generated<number>;
    dropped: Generated<number>;
    conflicts: Generated<number>;
  };
  page: {
    account_id: string;
    page_id: string;
    stream: string;
    part: string;
    asked_from: Instant;
    asked_to: Instant;
    core: string;
    split: string | null;
    served: number;
    inserted: number;
    changed: number;
    unchanged: number;
    quarantined: number;
    verdict: PageVerdict['kind'];
    reason: string | null;
    claim: string;
    hash: Buffer;
    bytes: Buffer | null;
    exchange_clock: Instant;
    trace: string | null;
    committed_at: DefaultInstant;
    replay_of: string | null;
    answered: string | null;
    is_outdated: Generated<boolean>;
  };
  coverage: CoverageRow;
  gap: {
    account_id: string;
    stream: string;
    part: string;
    from_at: Instant;
    to_at: Instant;
    reason: GapReason;
  };
  quarantined_row: {
    account_id: string;
    quarantine_id: string;
    stream: string;
    part: string;
    page_id: string;
    row_key: string | null;
    row_at: OptionalInstant;
    reason: string;
    raw: string;
    first_seen_at: DefaultInstant;
    mapping_version: Generated<number>;
    resolved_at: OptionalInstant;
  };
  record_version: {
    account_id: string;
    stream: string;
    part: string;
    record_key: string;
    version: number;
    digest: string;
    page_id: string;
    replaced_by: string;
    replaced_at: DefaultInstant;
    raw: string;
  };
  lease: {
    fingerprint: string;
    endpoint: string;
    next_turn_at: Instant;
  };
  cooldown: {
    egress_id: string;
    until: Instant;
    reason: string;
    changed_at: DefaultInstant;
  };
  key_attempt: {
    owner_id: string;
    fingerprint: string;
    attempted_at: DefaultInstant;
  };
  key_verdict: {
    account_id: string;
    key_id: string;
    /** Read as text, as all json. */
    result: string;
    decided_at: DefaultInstant;
  };
  fleet_report: {
    kind: string;
    finished_at: DefaultInstant;
    /** Read as text, as all json. */
    report: string;
  };
}

/** Read as Date, written as Date or ISO text. */
type Instant = ColumnType<Date, Date | string, Date | string>;
type OptionalInstant = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
type DefaultInstant = ColumnType<Date, Date | string | undefined, Date | string>;

/** One row as the driver reads it; src/database/part-row.ts converts it to a PartState and back. */
export interface CoverageRow {
  account_id: string;
  stream: string;
  part: string;
  fence: number;
  covered: string;
  answered: string;
  requested: string;
  walked_with: string | null;
  walked_at: Date | null;
  pending: string;
  claimed_from: Date | null;
  read_end: Date | null;
  last_read_end: Date | null;
  last_read_at: Date | null;
  settled_through: Date | null;
  last_verified_at: Date | null;
  verified_count: number;
  row_count: number;
  oldest_row_at: Date | null;
  proved_reach_ms: number | null;
  marks: unknown;
  newest_row_at: Date | null;
  suspect: string;
  fitting_window_ms: number | null;
  confirmed: string;
  bounds_honoured: boolean;
  read_through: boolean;
  evidence_from: Date;
  longest_late_ms: number | null;
  swept_at: Date | null;
  tail_page_id: string | null;
  tail: string | null;
}
