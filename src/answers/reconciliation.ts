import type { ReconcileReason, Verdict } from '../books/reconcile.ts';

export type { ReconcileReason, Verdict };

/** Balances against records: the document of `reconcile`. Amounts are exact decimal texts, times ISO 8601 in UTC. */
export interface Reconciliation {
  readonly accountId: string;
  readonly asOf: string;
  readonly assets: readonly AssetReconciliation[];
}

export interface AssetReconciliation {
  /** `spot` (with the funding account), `futures`, `copy_trading` or `isolated-margin`. */
  readonly wallet: string;
  readonly asset: string;
  /** The balance at the first and at the last compared snapshot; null if there is none. */
  readonly from: BalanceAt;
  readonly to: BalanceAt;
  /** The movements of stored records between the two; and by kind. */
  readonly movements: string | null;
  readonly byKind: Readonly<Record<string, string>>;
  /** The change of the balance beyond that. */
  readonly difference: string | null;
  readonly verdict: Verdict;
  /** Why it is not comparable, or what could explain the difference, the likeliest first. */
  readonly reasons: readonly ReconcileReason[];
  /** Each smallest interval between snapshots in which a difference arose. */
  readonly unexplained: readonly { readonly from: string; readonly to: string; readonly difference: string }[];
  /**
   * An inflow before the first snapshot that no record explains: at least this amount came in before `before`; it is missing
   * from `since` on.
   */
  readonly missingInflow: { readonly since: string; readonly before: string; readonly amount: string } | null;
}

export interface BalanceAt {
  readonly at: string | null;
  readonly balance: string | null;
}
