/** History, accounts and pace in Postgres: everything that the worker and the client use of it. */

export { accountIdOf } from './account-id.ts';
export {
  type Account,
  type AccountToStart,
  accountsToStart,
  findAccount,
  findAccountOfExchangeAccount,
  findAccountOfKey,
  listAccounts,
  loadAccount,
  markStarted,
  type StatusChange,
  setPaused,
  setStatus,
} from './accounts.ts';
export {
  loadGaps,
  loadParts,
  type PageBehind,
  pagesBehind,
  type StoredGap,
  type StoredPart,
} from './coverage.ts';
export { connectDatabase, type Database, type DatabaseOptions, defaultSchema } from './database.ts';
export { createPostgresStore, type StoreOptions } from './history-store.ts';
export {
  type Adoption,
  adoptCandidate,
  dropCandidate,
  ExchangeAccountTaken,
  type KeyMove,
  loadKey,
  moveCandidate,
  type NewCandidate,
  newestCandidate,
  type StoredKey,
  saveCandidate,
} from './keys.ts';
export { compareSchema, migrate, requireCurrentSchema, SchemaBehind } from './migrate.ts';
export { createPostgresPace, type PaceOptions } from './pace.ts';
export { type KnownProblem, loadProblems, replaceProblems } from './problems.ts';
export type { Tables } from './schema.ts';
export { unlinkAccount } from './unlink.ts';
