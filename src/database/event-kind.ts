/**
 * The kinds of events. All but records, gaps and balances are noted by triggers on the account's own row and its problems
 * (migration 0009), so that every change notes them in the same transaction. Ended sessions of the connection page and receipts
 * of erasures are events of their owner, read from `link_session` and `erasure`.
 */
export const eventKinds = [
  'linked',
  'backfilled',
  'records-changed',
  'needs-attention',
  'recovered',
  'at-risk',
  'gap-opened',
  'gap-closed',
  'balance-unexplained',
  'key-expires-soon',
  'closed',
  'unlinked',
  'link-session-ended',
  'erased',
] as const;

export type EventKind = (typeof eventKinds)[number];
