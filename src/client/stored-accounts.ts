import type { AccountListing } from '../answers/index.ts';
import { streams } from '../bitmart/streams/index.ts';
import {
  type Account,
  type AccountFilter,
  connectDatabase,
  type Database,
  type DatabaseRole,
  databaseTrouble,
  findAccount,
  findMergedAccount,
  fleetStreams,
  listAccounts,
  listAccountsOfEveryOwner,
  ofOwner,
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

// By the time of the second attempt the conflicting transaction has ended; a second conflict is rare.
const conflictAttempts = 3;

// Records that disprove an end are rare, and the query reads a row per part of every account.
const timetableForMs = 300_000;

/**
 * One database, seen as an owner, who sees nothing of any other owner, or as the operator. Each role has its own connections,
 * which are opened when first needed.
 */
export class AccountStore {
  readonly streams: readonly Stream[] = streams;
  readonly url: string;
  readonly schema: string;
  readonly #announced: Timetable | null;
  readonly #pools = new Map<DatabaseRole | null, Database>();
  #isClosed = false;
  #timetable: { readonly now: Timetable | null; readonly readMs: number } | null = null;

  constructor(url: string, schema: string, announced: Timetable | null = null) {
    this.url = url;
    this.schema = schema;
    this.#announced = announced;
    // Reports a wrong address at once.
    this.#pool('client');
  }

  /** What one owner may see and do. Postgres itself hides every other owner's rows. */
  ofOwner(ownerId: string): StoredAccounts {
    return new StoredAccounts(
      this,
      () => ofOwner(this.#pool('client'), ownerId),
      () => ofOwner(this.#ownConnection('client'), ownerId),
    );
  }

  /** Every owner's accounts, for the operator: read-only, without keys. */
  ofEveryOwner(): StoredAccounts {
    return new StoredAccounts(
      this,
      () => this.#pool('reader'),
      () => this.#ownConnection('reader'),
    );
  }

  /** What belongs to no owner. */
  ask<Args extends readonly unknown[], Answer>(
    question: (database: Database, ...args: Args) => Promise<Answer>,
    ...args: Args
  ): Promise<Answer> {
    return this.asked(() => question(this.#pool('client'), ...args));
  }

  /** What only the login that owns the tables may do: `migrate`. */
  askAsLogin<Answer>(question: (database: Database) => Promise<Answer>): Promise<Answer> {
    return this.asked(() => question(this.#pool(null)));
  }

  /** Runs a query. Every failure names the server and the next step. */
  async asked<Answer>(question: () => Promise<Answer>, attempts = conflictAttempts): Promise<Answer> {
    if (this.#isClosed) throw clientClosed();
    try {
      return await question();
    } catch (error) {
      // A transaction that Postgres ended because of a conflict has changed nothing, so it is repeated.
      if (attempts > 1 && databaseTrouble(error)?.condition === 'conflict') return this.asked(question, attempts - 1);
      throw this.#isClosed ? clientClosed() : databaseFailure(error, this.url);
    }
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
    this.#isClosed = true;
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.close()));
  }

  #pool(role: DatabaseRole | null): Database {
    const known = this.#pools.get(role);
    if (known !== undefined) return known;
    const made = this.#connect(role, poolSize, 'bitmart-sync client');
    this.#pools.set(role, made);
    return made;
  }

  #ownConnection(role: DatabaseRole): Database {
    return this.#connect(role, 1, 'bitmart-sync archive');
  }

  #connect(role: DatabaseRole | null, size: number, applicationName: string): Database {
    const { url, schema } = this;
    return connectDatabase({ url, schema, role: role ?? undefined, poolSize: size, applicationName });
  }
}

/** The stored accounts, as far as one owner or the operator may see them. */
export class StoredAccounts {
  readonly #store: AccountStore;
  readonly #database: () => Database;
  readonly #ownConnection: () => Database;
  /** The connection of a snapshot, which only this object closes. */
  readonly #toClose: Database | null;
  #connected: Database | null;

  constructor(
    store: AccountStore,
    database: () => Database,
    ownConnection: () => Database,
    own: Database | null = null,
  ) {
    this.#store = store;
    this.#database = database;
    this.#ownConnection = ownConnection;
    this.#toClose = own;
    this.#connected = own;
  }

  get streams(): readonly Stream[] {
    return this.#store.streams;
  }

  /** The accounts as of this moment, on a connection of its own, so a slow reader delays no other; close it afterwards. */
  snapshot(): Promise<StoredAccounts> {
    return this.#store.asked(async () => {
      const own = this.#ownConnection();
      try {
        return new StoredAccounts(this.#store, this.#database, this.#ownConnection, await snapshotOf(own));
      } catch (error) {
        await own.close();
        throw error;
      }
    });
  }

  /** Calls a function of src/database: `ask(findAccount, ownerId, accountId)`. */
  ask<Args extends readonly unknown[], Answer>(
    question: (database: Database, ...args: Args) => Promise<Answer>,
    ...args: Args
  ): Promise<Answer> {
    return this.#store.asked(() => {
      this.#connected ??= this.#database();
      return question(this.#connected, ...args);
    });
  }

  async list(ownerId: string | null, filter: AccountFilter = {}): Promise<readonly Account[]> {
    return ownerId === null ? this.ask(listAccountsOfEveryOwner, filter) : this.ask(listAccounts, ownerId, filter);
  }

  timetable(): Promise<Timetable | null> {
    return this.#store.timetable();
  }

  async close(): Promise<void> {
    await this.#toClose?.close();
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

/** One account of an owner. An unknown one and another owner's fail alike. */
export async function foundAccount(accounts: StoredAccounts, ownerId: string, accountId: string): Promise<Account> {
  if (!isAccountId(accountId)) throw new AccountNotFound(quoted(accountId));
  const account = await accounts.ask(findAccount, ownerId, accountId);
  if (account === null) throw await missing(accounts, ownerId, accountId);
  return account;
}

/** Why there is no such account: it was merged into another one of this owner, or never was this owner's. */
export async function missing(accounts: StoredAccounts, ownerId: string, accountId: string): Promise<ClientError> {
  const merged = await accounts.ask(findMergedAccount, accountId);
  return merged?.ownerId === ownerId ? new AccountMerged(accountId, merged.mergedInto) : new AccountNotFound(accountId);
}
