import type { AccountListing } from '../answers/index.ts';
import { streams } from '../bitmart/streams/index.ts';
import {
  type Account,
  type AccountFilter,
  connectDatabase,
  type Database,
  findAccount,
  findMergedAccount,
  fleetStreams,
  listAccounts,
  listAccountsOfEveryOwner,
  snapshotOf,
} from '../database/index.ts';
import type { Stream } from '../history/stream.ts';
import { disproofsOf, type Timetable, withoutDisproved } from '../history/timetable.ts';
import { AccountMerged, AccountNotFound, type ClientError, clientClosed } from './client-error.ts';
import { databaseFailure } from './database-failure.ts';
import { isAccountId, quoted } from './foreign-input.ts';

export type { Account as StoredAccount };

// A platform serves many users from one process, and each call here is a short one.
const poolSize = 4;

// Records that disprove an end are rare, and to look for them reads a row per part of every account.
const timetableForMs = 300_000;

/** Accounts as Postgres has them. Every failure comes out in words that name the server and the next step. */
export class StoredAccounts {
  readonly streams: readonly Stream[] = streams;
  readonly #url: string;
  readonly #database: Database;
  readonly #announced: Timetable | null;
  #isClosed = false;
  #timetable: { readonly now: Timetable | null; readonly readMs: number } | null = null;

  constructor(
    url: string,
    schema: string,
    announced: Timetable | null = null,
    database: Database = connectDatabase({ url, schema, poolSize, applicationName: 'bitmart-sync client' }),
  ) {
    this.#url = url;
    this.#announced = announced;
    this.#database = database;
  }

  /**
   * The accounts as they are at this moment: whatever is asked of them is of one instant. On a connection of its own, so
   * that somebody who reads slowly delays nobody; to be closed.
   */
  async snapshot(): Promise<StoredAccounts> {
    if (this.#isClosed) throw clientClosed();
    const { schema } = this.#database;
    const own = connectDatabase({ url: this.#url, schema, poolSize: 1, applicationName: 'bitmart-sync archive' });
    try {
      return new StoredAccounts(this.#url, schema, this.#announced, await snapshotOf(own));
    } catch (error) {
      await own.close();
      throw databaseFailure(error, this.#url);
    }
  }

  get schema(): string {
    return this.#database.schema;
  }

  /** Asks what any function of src/database asks: `ask(findAccount, ownerId, accountId)`. */
  async ask<Args extends readonly unknown[], Answer>(
    question: (database: Database, ...args: Args) => Promise<Answer>,
    ...args: Args
  ): Promise<Answer> {
    if (this.#isClosed) throw clientClosed();
    try {
      return await question(this.#database, ...args);
    } catch (error) {
      throw databaseFailure(error, this.#url);
    }
  }

  /** The accounts of one owner; of every owner when it is null. */
  async list(ownerId: string | null, filter: AccountFilter = {}): Promise<readonly Account[]> {
    return ownerId === null ? this.ask(listAccountsOfEveryOwner, filter) : this.ask(listAccounts, ownerId, filter);
  }

  /** The announced timetable without the ends that a record of any account disproves, as of five minutes ago at most. */
  async timetable(): Promise<Timetable | null> {
    if (this.#announced === null) return null;
    if (this.#timetable === null || performance.now() - this.#timetable.readMs > timetableForMs) {
      const disproofs = disproofsOf(this.#announced, this.streams, await this.ask(fleetStreams));
      this.#timetable = { now: withoutDisproved(this.#announced, disproofs), readMs: performance.now() };
    }
    return this.#timetable.now;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#database.close();
  }
}

export function listingOf(account: Account): AccountListing {
  return {
    accountId: account.accountId,
    ownerId: account.ownerId,
    label: account.label,
    subAccount: account.subAccount,
    status: account.status,
    linkedAt: account.linkedAt?.toISOString() ?? null,
    historyAtRiskAt: account.historyAtRiskAt?.toISOString() ?? null,
  };
}

/** One account of an owner's, as listed; an unknown one and another owner's fail alike. */
export async function foundAccount(accounts: StoredAccounts, ownerId: string, accountId: string): Promise<Account> {
  if (!isAccountId(accountId)) throw new AccountNotFound(quoted(accountId));
  const account = await accounts.ask(findAccount, ownerId, accountId);
  if (account === null) throw await missing(accounts, ownerId, accountId);
  return account;
}

/** Why there is no such account: it has gone up in another one of this owner, or never was this owner's. */
export async function missing(accounts: StoredAccounts, ownerId: string, accountId: string): Promise<ClientError> {
  const merged = await accounts.ask(findMergedAccount, accountId);
  return merged?.ownerId === ownerId ? new AccountMerged(accountId, merged.mergedInto) : new AccountNotFound(accountId);
}
