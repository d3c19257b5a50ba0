/** History, accounts and pace in Postgres, as the worker and the client use them. */

export * from './account-changes.ts';
export * from './account-id.ts';
export { type Orphan, orphansBetween } from './account-tables.ts';
export * from './accounts.ts';
export * from './adoption.ts';
export * from './archive-rows.ts';
export {
  type BalanceAlarm,
  type BalanceMoment,
  lastBalances,
  noteBalanceAlarms,
  noteBalanceVerdict,
  saveBalances,
} from './balances.ts';
export * from './book.ts';
export * from './boxes.ts';
export * from './changes.ts';
export * from './compare-records.ts';
export * from './coverage.ts';
export * from './database.ts';
export * from './erasure.ts';
export * from './event-kind.ts';
export {
  type EventDetails,
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
export * from './evidence.ts';
export {
  type AccountAtRisk,
  accountsMostAtRisk,
  accountsPausedForLong,
  fleetAccountsAfter,
  type PausedAccount,
} from './fleet-accounts.ts';
export * from './fleet-figures.ts';
export * from './fleet-reports.ts';
export * from './history-store.ts';
export * from './keys.ts';
export * from './link-sessions.ts';
export * from './margin-pairs.ts';
export { mergeAccounts } from './merge-accounts.ts';
export type { MovedKey } from './merge-identity.ts';
export { compareSchema, migrate, requireCurrentSchema, SchemaBehind } from './migrate.ts';
export * from './order-fills.ts';
export { ofOwner } from './owner-scope.ts';
export { createPostgresPace, expirePace, type LeaseOddity } from './pace.ts';
export type { StoreOptions } from './part-store.ts';
export * from './problems.ts';
export { loadQuarantinedRows, type QuarantinedRows } from './quarantine.ts';
export { defaultQuotas, QuotaReached, type Quotas } from './quotas.ts';
export * from './record-reader.ts';
export { noteRecordsChanged } from './records-changed.ts';
export * from './replays.ts';
export { type DatabaseRole, databaseRoles, RoleUnavailable, roleName } from './role-name.ts';
export { RolesMissing, rolesHeld } from './roles.ts';
export type { Tables } from './schema.ts';
export { BeingErased } from './still-there.ts';
export { snapshotOf } from './transaction.ts';
export * from './trouble.ts';
export { LinkedSince, unlinkAccount } from './unlink.ts';
