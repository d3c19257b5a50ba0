import type { WorkflowSight } from '../answers/explanation/finding.ts';
import type { Quotas } from '../database/index.ts';
import { ClientError, clientClosed } from './client-error.ts';
import type { AccountStore, StoredAccounts } from './stored-accounts.ts';
import type { AccountWorkflows, TemporalOptions } from './temporal.ts';

/** What a client is connected to, and the public key that it seals keys for. */
export interface ClientConnections {
  readonly store: AccountStore;
  readonly workflows: LazyWorkflows;
  readonly publicKey: string | null;
  readonly quotas: Quotas;
  /** The public address of the connection page. */
  readonly linkUrl: string | null;
}

/** The same, restricted to the accounts of one owner, or for all owners. */
export interface Connections extends ClientConnections {
  readonly accounts: StoredAccounts;
}

export function connectionsOf(connections: ClientConnections, ownerId: string): Connections {
  return { ...connections, accounts: connections.store.ofOwner(ownerId) };
}

/** Temporal's library is large: it is loaded only by calls that need it. */
export interface LazyWorkflows {
  open(): Promise<AccountWorkflows>;
  /** Closes what is open; nothing can be opened afterwards. */
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

/** The state of an account's workflow; an unreachable Temporal is a state as well. */
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
