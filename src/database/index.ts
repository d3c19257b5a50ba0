/** History, accounts and pace in Postgres: everything that the worker and the client use of it. */

export {
  closeAccount,
  noteProgress,
  noteRisk,
  type Progress,
  type StatusChange,
  setPaused,
  setStatus,
} from './account-changes.ts';
export { accountIdOf, isStandIn, standInOwner } from './account-id.ts';
export { type Orphan, orphansBetween } from './account-tables.ts';
export {
  type Account,
  type AccountFilter,
  findAccount,
  findAccountOfExchangeAccount,
  findAccountOfKey,
  findMergedAccount,
  type GivenName,
  listAccounts,
  listAccountsOfEveryOwner,
  loadAccount,
  loadNames,
  renameAccount,
} from './accounts.ts';
export { type AccountToStart, accountsToStart, markStarted } from './accounts-to-start.ts';
export { type AdoptedReport, type Adoption, adoptCandidate, ExchangeAccountTaken, NewerKeyInUse } from './adoption.ts';
export {
  type ArchivedTable,
  answersAfter,
  type KeptPage,
  pagesAfter,
  provedFrom,
  rowsAfter,
} from './archive-rows.ts';
export {
  type BalanceAlarm,
  type BalanceMoment,
  lastBalances,
  noteBalanceAlarms,
  noteBalanceVerdict,
  saveBalances,
} from './balances.ts';
export { loadBook } from './book.ts';
export { type BoxCount, boxesNotSealedFor, countBoxes, replaceBox, type StoredBox } from './boxes.ts';
export {
  type ChangePage,
  type ChangePosition,
  type ChangeQuestion,
  keyLength,
  PositionAhead,
  readChanges,
  type StoredChange,
} from './changes.ts';
export { compareRecords } from './compare-records.ts';
export {
  loadGaps,
  loadParts,
  loadPartsOfMany,
  type PageBehind,
  pagesBehind,
  type StoredGap,
  type StoredPart,
} from './coverage.ts';
export {
  connectDatabase,
  type Database,
  type DatabaseOptions,
  defaultSchema,
  schemaPattern,
  serverVersion,
  tryStoring,
} from './database.ts';
export {
  beginErasure,
  type ErasureUnderWay,
  eraseAccount,
  eraseRows,
  erasuresUnderWay,
  expireReceipts,
  noteErased,
} from './erasure.ts';
export { type EventKind, eventKinds } from './event-kind.ts';
export {
  type EventDetails,
  type EventQuestion,
  markDelivered,
  nextUndelivered,
  noteAccountsAtRisk,
  offerAgain,
  readEvents,
  type StoredEvent,
  subjectsWithUndelivered,
  type UndeliveredEvent,
  type UndeliveredSubject,
} from './events.ts';
export { type PartEvidence, type UnprovedRange, unprovedCoverage, verifyCoverage } from './evidence.ts';
export {
  type AccountAtRisk,
  accountsMostAtRisk,
  accountsPausedForLong,
  type FleetAccount,
  fleetAccountsAfter,
  type PausedAccount,
} from './fleet-accounts.ts';
export { type FleetFigures, type FleetStream, fleetFigures, fleetStreams, type RiskSpan } from './fleet-figures.ts';
export {
  type FleetReport,
  type FleetReportKind,
  newestFleetReport,
  saveFleetReport,
} from './fleet-reports.ts';
export { createPostgresStore } from './history-store.ts';
export {
  copyCandidate,
  doubtKey,
  dropCandidate,
  findKeyInUse,
  isKnownKey,
  type KeyMove,
  loadKey,
  loadKeys,
  type NewCandidate,
  newestCandidate,
  type StoredKey,
  saveCandidate,
  trustKey,
} from './keys.ts';
export {
  beginSubmission,
  exitLinkSession,
  expireLinkSessions,
  findLinkSessionOfOwner,
  isKeyOfLinkSession,
  type LinkSessionAnswer,
  type LinkSessionOutcome,
  type LinkSessionState,
  linkSubmission,
  type NewLinkSession,
  noteKeyCheckStep,
  noteUndecided,
  ownerOfLinkSession,
  ownersOfDueLinkSessions,
  refuseSubmission,
  reopenLostSubmissions,
  type StoredLinkSession,
  type SubmissionLimits,
  saveLinkSession,
} from './link-sessions.ts';
export { openNamedPairs, openPairs } from './margin-pairs.ts';
export { type AccountMerge, type MergeCounts, mergeAccounts } from './merge-accounts.ts';
export type { MovedKey } from './merge-identity.ts';
export { compareSchema, migrate, requireCurrentSchema, SchemaBehind } from './migrate.ts';
export { ordersShort, type ShortOrder } from './order-fills.ts';
export { ofOwner } from './owner-scope.ts';
export { createPostgresPace, expirePace, type LeaseOddity, type PaceOptions } from './pace.ts';
export type { StoreOptions } from './part-store.ts';
export {
  isFoundCode,
  type KnownProblem,
  loadProblems,
  loadProblemsOfMany,
  replaceFoundProblem,
  replaceProblems,
} from './problems.ts';
export { loadRowsAside, type RowsAside } from './quarantine.ts';
export { defaultQuotas, QuotaReached, type Quotas } from './quotas.ts';
export {
  type DayOfRows,
  positionLength,
  positionOf,
  type RecordPosition,
  type RecordQuestion,
  readableColumns,
  readRecords,
  recordPageStatement,
  rowsPerDay,
  type StoredRow,
} from './record-reader.ts';
export { noteRecordsChanged } from './records-changed.ts';
export { createPostgresReplays } from './replays.ts';
export { type DatabaseRole, databaseRoles, RoleUnavailable, roleName } from './role-name.ts';
export { RolesMissing, rolesHeld } from './roles.ts';
export type { Tables } from './schema.ts';
export { BeingErased } from './still-there.ts';
export { snapshotOf } from './transaction.ts';
export {
  type DatabaseCondition,
  type DatabaseTrouble,
  databaseConditions,
  databaseTrouble,
  poolExhausted,
} from './trouble.ts';
export { LinkedSince, unlinkAccount } from './unlink.ts';
export { type HeldWitness, newestHeld } from './witness.ts';
