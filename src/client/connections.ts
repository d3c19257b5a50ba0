import type { WorkflowSight } from '../answers/explanation/finding.ts';
import type { Quotas } from '../database/index.ts';
import { ClientError, clientClosed } from './client-error.ts';
import type { AccountStore, StoredAccounts } from './stored-accounts.ts';
import type { AccountWorkflows, TemporalOptions } from './temporal.ts';

/** What a client is connected to, and whom it seals keys for. */
export interface ClientConnections {
  readonly store: AccountStore;
  readonly workflows: LazyWorkflows;
  readonly publicKey: string | null;
  readonly quotas: Quotas;
  /** Where the connection page is. */
  readonly linkUrl: string | null;
}

/** The same for the accounts of one owner, or of every one. */
export interface Connections extends ClientConnections {
  readonly accounts: StoredAccounts;
}

export function connectionsOf(connections: ClientConnections, ownerId: string): Connections {
  return { ...connections, accounts: connections.store.ofOwner(ownerId) };
}

/** Temporal's library is large: it is loaded only by calls that need it. */
export interface LazyWorkflows {
  open(): Promise<AccountWorkflows>;
  /** Closes what was opened; nothing is opened afterwards. */
  close(): Promise<void>;
}

export function lazyWorkflows(options: TemporalOptions, taskQueue: string): LazyWorkflows {
  let workflows: Promise<AccountWorkflows> | null = null;
  let isClosed = false;
  return {
    open: async () => {
      if (isClosed) throw clientClosed();
      workflows ??= import('./temporal.ts').then((module) => new module.AccountWorkflows(options, taskQueue));
      return workflows;
    },
    close: async () => {
      isClosed = true;
      await (await workflows)?.close();
    },
  };
}

/** What Temporal says of an account's workflow; a Temporal that can't be asked is an answer too. */
export async function workflowSight(workflows: LazyWorkflows, accountId: string): Promise<WorkflowSight> {
  try {
    const opened = await workflows.open();
    const [isRunning, isServed] = await Promise.all([opened.isRunning(accountId), opened.isWorkerPolling()]);
    if (!isRunning) return 'no-workflow';
    return isServed ? 'running' : 'no-worker';
  } catch (error) {
    if (error instanceof ClientError) return 'temporal-unreachable';
    throw error;
  }
}
