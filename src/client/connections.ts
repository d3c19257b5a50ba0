import type { StoredAccounts } from './stored-accounts.ts';
import type { AccountWorkflows, TemporalOptions } from './temporal.ts';

/** What a client is connected to, and whom it seals keys for. */
export interface Connections {
  readonly accounts: StoredAccounts;
  readonly workflows: LazyWorkflows;
  readonly publicKey: string | null;
  /** Where the connection page is. */
  readonly linkUrl: string | null;
}

/** Temporal's library is large: it is loaded only by calls that need it. */
export interface LazyWorkflows {
  open(): Promise<AccountWorkflows>;
  /** What was opened so far. */
  opened(): Promise<AccountWorkflows | null>;
}

export function lazyWorkflows(options: TemporalOptions, taskQueue: string): LazyWorkflows {
  let workflows: Promise<AccountWorkflows> | null = null;
  return {
    open: () => {
      workflows ??= import('./temporal.ts').then((module) => new module.AccountWorkflows(options, taskQueue));
      return workflows;
    },
    opened: async () => workflows,
  };
}
