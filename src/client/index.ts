/** What a platform imports: link users' keys, control their accounts, read their history. */

export type { Explanation } from '../answers/explanation/explanation.ts';
export type { Cause, Finding } from '../answers/explanation/finding.ts';
export type {
  AccountListing,
  AccountName,
  AccountStatus,
  AccountVerdict,
  AnswerProblem,
  BalancesVerdict,
  Coverage,
  CoverageDifference,
  FleetReport,
  GapReason,
  KeyAnswer,
  KeyCheck,
  KeyOutcome,
  LinkResult,
  PageEvidence,
  ProblemCode,
  RotateResult,
  Status,
  StreamCoverage,
  Unreadable,
  UnreadableStream,
  WaitingCode,
} from '../answers/index.ts';
export {
  type Language,
  type ProblemFacts,
  type ProblemTextOptions,
  type ProblemWords,
  problemText,
  type Severity,
} from '../answers/problem.ts';
export type {
  AssetReconciliation,
  BalanceAt,
  ReconcileReason,
  Reconciliation,
  Verdict,
} from '../answers/reconciliation.ts';
export {
  createPayloadCodec,
  type PayloadKeys,
  parsePayloadKeys,
  readPayloadKeys,
} from '../credentials/payload-codec.ts';
export type { EventKind } from '../database/index.ts';
/** @deprecated Use SyncRangeResult. */
export type { RangeAnswer } from '../workflows/messages.ts';
export type { Abortable } from './abort.ts';
export type { Archive, ArchiveOptions, ArchiveSummary } from './archive/archive.ts';
export type { Change, ChangesOptions, ChangesPage } from './changes.ts';
export { type Client, createClient } from './client.ts';
export {
  Aborted,
  AccountMerged,
  AccountNotFound,
  ClientError,
  type ClientErrorCode,
  LimitReached,
} from './client-error.ts';
export type { ClientOptions, Timetable } from './client-options.ts';
export type { Completeness, IncompleteStretch } from './completeness.ts';
export type { Cursor } from './cursor.ts';
export type { AccountEvent, ChangedStream, EventDetails, EventGap, EventPage, EventsOptions } from './events.ts';
export type { Export, ExportHeader, ExportOptions } from './export.ts';
export type { FleetAction, FleetOptions, FleetResult } from './fleet.ts';
export type { Credentials } from './link.ts';
export type { CreatedLinkSession, LinkLanguage, LinkSession, LinkSessionOptions } from './link-sessions.ts';
export { type LinkingGuide, linkingGuide } from './linking-guide.ts';
export type { MergeAnswer } from './merge.ts';
export type {
  CheckOptions,
  LinkOptions,
  OwnerClient,
  SyncRangeOptions,
  SyncRangeResult,
  UnlinkOptions,
} from './owner-client.ts';
export type { CoverageOptions, ReplayOptions } from './owner-history.ts';
export type { AccountFilter, ExportFormat, Time, TimeRange } from './question.ts';
export type { RecordOf, StreamName } from './record-types.ts';
export type { RecordPage, RecordsOptions } from './records.ts';
export type { Report, ReportOptions } from './report.ts';
export type { SyncOptions, SyncResult, WaitOptions } from './sync.ts';
export type { TemporalOptions } from './temporal.ts';
export { verifyWebhook, type WebhookHeaders, type WebhookMessage } from './webhook.ts';
