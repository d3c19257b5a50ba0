import { setTimeout as sleep } from 'node:timers/promises';
import type { AccountListing } from '../answers/index.ts';
import { type Abortable, assertNotAborted } from './abort.ts';
import { ClientError } from './client-error.ts';
import { quoted } from './foreign-input.ts';
import type { OwnerClient } from './owner-client.ts';
import type { AccountFilter } from './question.ts';

const fleetActions = ['wake', 'pause', 'resume'] as const;
export type FleetAction = (typeof fleetActions)[number];

export interface FleetOptions extends Abortable {
  /** Which accounts: by status, risk or owner, or `all`. An empty filter is refused. */
  readonly filter: AccountFilter | 'all';
  readonly ownerId?: string | undefined;
  /** How many accounts get the command in a second, at most 1000. @default 20 */
  readonly perSecond?: number | undefined;
  /** Only lists the accounts. */
  readonly dryRun?: boolean | undefined;
  readonly onProgress?: ((reached: { readonly done: number; readonly total: number }) => void) | undefined;
}

export interface FleetResult {
  readonly action: FleetAction;
  readonly dryRun: boolean;
  /** Accounts that match the filter and need the action. */
  readonly matched: number;
  readonly done: number;
  /** The first of the matched accounts, to check that the filter is right. */
  readonly accounts: readonly Pick<AccountListing, 'accountId' | 'ownerId' | 'status'>[];
  readonly failed: readonly { readonly accountId: string; readonly message: string }[];
}

/** Enough to check the filter; the counts cover the rest. */
const maxNamed = 20;
/** About a second's worth at the default rate: if Temporal answers slowly, no more calls pile up. */
const maxInFlight = 25;
/** A thousand accounts in under a minute; each of them then sends its own requests to the exchange. */
const defaultPerSecond = 20;

interface Fleet {
  listEveryOwner(filter: AccountFilter): Promise<readonly AccountListing[]>;
  forOwner(ownerId: string): OwnerClient;
}

/**
 * Sends one command to many accounts, evenly spaced, so that neither Temporal nor the exchange is overrun. An account that
 * fails does not stop the others.
 */
export async function steerFleet(fleet: Fleet, action: FleetAction, options: FleetOptions): Promise<FleetResult> {
  const { ownerId, dryRun = false, perSecond = defaultPerSecond, signal } = options;
  assertAction(action);
  const filter = filterOf(options.filter);
  const listed = await (ownerId === undefined ? fleet.listEveryOwner(filter) : fleet.forOwner(ownerId).list(filter));
  const accounts = listed.filter(({ status }) => concerns(action, status));
  const failed: { accountId: string; message: string }[] = [];
  let done = 0;
  // Called from here alone: what it throws ends the call.
  const report = () => options.onProgress?.({ done: done + failed.length, total: accounts.length });
  if (!dryRun) {
    const inFlight = new Set<Promise<void>>();
    for (const account of accounts) {
      assertNotAborted(signal);
      const sending = command(fleet, action, account)
        .then(
          () => void done++,
          (error: unknown) => void failed.push({ accountId: account.accountId, message: messageOf(error) }),
        )
        .finally(() => inFlight.delete(sending));
      inFlight.add(sending);
      await sleep(1_000 / perSecond);
      if (inFlight.size >= maxInFlight) await Promise.race(inFlight);
      report();
    }
    while (inFlight.size > 0) {
      await Promise.race(inFlight);
      report();
    }
  }
  return {
    action,
    dryRun,
    matched: accounts.length,
    done,
    accounts: accounts.slice(0, maxNamed).map(({ accountId, ownerId: owner, status }) => ({
      accountId,
      ownerId: owner,
      status,
    })),
    failed,
  };
}

function assertAction(action: FleetAction): void {
  if (fleetActions.includes(action)) return;
  throw new ClientError(
    'wrong-usage',
    `There is no fleet action ${quoted(action)}.`,
    `The actions are ${fleetActions.join(', ')}.`,
  );
}

/** Commanding every account must be asked for explicitly, because a mistake is expensive. */
function filterOf(filter: FleetOptions['filter']): AccountFilter {
  if (filter === 'all') return {};
  if (Object.values(filter).some((value) => value !== undefined && value !== null)) return filter;
  throw new ClientError(
    'wrong-usage',
    'The filter is empty, so it does not say which accounts are meant.',
    'Name them by `status` or `atRiskBefore`, or give "all".',
  );
}

/** Whether an account in this state needs the action. */
function concerns(action: FleetAction, status: AccountListing['status']): boolean {
  return action === 'resume' ? status === 'paused' : !['paused', 'unlinked', 'closed'].includes(status);
}

async function command(fleet: Fleet, action: FleetAction, { ownerId, accountId }: AccountListing): Promise<unknown> {
  const owner = fleet.forOwner(ownerId);
  if (action === 'pause') return owner.pause(accountId);
  if (action === 'resume') return owner.resume(accountId);
  return owner.sync(accountId, { wait: false });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
