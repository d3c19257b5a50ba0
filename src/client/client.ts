import type { AccountListing, FleetReport, KeyCheck } from '../answers/index.ts';
import { migrate, newestFleetReport } from '../database/index.ts';
import { type Abortable, abortable } from './abort.ts';
import { type AccountFilter, storedFilter } from './account-filter.ts';
import { type ClientOptions, clientSettings } from './client-options.ts';
import { type ClientConnections, connectionsOf, lazyWorkflows } from './connections.ts';
import type { FleetAction, FleetOptions, FleetResult } from './fleet.ts';
import { ownerIdIn } from './foreign-input.ts';
import { type Credentials, checkKey } from './link.ts';
import { LinkSessions } from './link-sessions.ts';
import { optionsIn } from './options.ts';
import { type CheckOptions, OwnerClient } from './owner-client.ts';
import { type Report, type ReportOptions, reportOfFleet } from './report.ts';
import { AccountStore, listingOf } from './stored-accounts.ts';

/**
 * Connects to Postgres and Temporal when they are first needed.
 *
 * ```ts
 * const client = createClient({ databaseUrl, publicKey, temporal: { address: 'temporal:7233' } });
 * const link = await client.forOwner(user.id).link({ apiKey, apiSecret, memo }, { label: 'My BitMart' });
 * if (link.outcome === 'refused') show(link.problems);
 * await client.close();
 * ```
 */
export function createClient(options: ClientOptions): Client {
  return new Client(options);
}

/** The way in for a platform. Whatever concerns an account hangs on its owner: {@link Client.forOwner}. */
export class Client {
  readonly #connections: ClientConnections;
  /** For the connection page, which walks a user through a session; a platform calls {@link OwnerClient.createLinkSession}. */
  readonly linkSessions: LinkSessions;

  constructor(options: ClientOptions) {
    const { databaseUrl, databaseSchema, timetable, temporal, taskQueue, ...connections } = clientSettings(options);
    this.#connections = {
      ...connections,
      store: new AccountStore(databaseUrl, databaseSchema, timetable),
      workflows: lazyWorkflows(temporal, taskQueue),
    };
    this.linkSessions = new LinkSessions(this.#connections);
  }

  /** Everything of one user of the platform, and nothing of anybody else. */
  forOwner(ownerId: string): OwnerClient {
    return new OwnerClient(ownerId, connectionsOf(this.#connections, ownerIdIn(ownerId)));
  }

  /** The accounts of every owner, for the operator of the platform: never show this to a user. */
  async listEveryOwner(options: AccountFilter & Abortable = {}): Promise<readonly AccountListing[]> {
    const { signal, ...filter } = optionsIn('list', options);
    const stored = storedFilter(filter);
    return abortable(signal, async () =>
      (await this.#connections.store.ofEveryOwner().list(null, stored)).map(listingOf),
    );
  }

  /** One HTML page about the accounts of every owner, for the operator of the platform. */
  async reportEveryOwner(options: ReportOptions = {}): Promise<Report> {
    const asked = optionsIn('report', options);
    return abortable(asked.signal, () =>
      reportOfFleet({ ...this.#connections, accounts: this.#connections.store.ofEveryOwner() }, null, asked),
    );
  }

  /** Tells many accounts the same, throttled; for the operator of the platform. */
  async steerFleet(action: FleetAction, options: FleetOptions): Promise<FleetResult> {
    const asked = optionsIn('steerFleet', options);
    const { steerFleet } = await import('./fleet.ts');
    return abortable(asked.signal, () => steerFleet(this, action, asked));
  }

  /** What the Schedules that look after all accounts found last. */
  async fleetReports(options: Abortable = {}): Promise<readonly FleetReport[]> {
    const { signal } = optionsIn('call', options);
    const accounts = this.#connections.store.ofEveryOwner();
    const kinds = ['reconcile', 'retention-audit'] as const;
    const found = await abortable(signal, () =>
      Promise.all(kinds.map((kind) => accounts.ask(newestFleetReport, kind))),
    );
    return found.flatMap((each) => (each ? [{ ...each, finishedAt: each.finishedAt.toISOString() }] : []));
  }

  /** Looks at a key the way linking does, and links nothing. */
  async check(credentials: Credentials, options: CheckOptions = {}): Promise<KeyCheck> {
    const { subAccount = null, signal } = optionsIn('check', options);
    return abortable(signal, () => checkKey(this.#connections, { ownerId: null, credentials, subAccount }));
  }

  /** Creates or updates the tables; answers with the names of the migrations that ran. */
  async migrate(options: Abortable = {}): Promise<{ readonly schema: string; readonly applied: readonly string[] }> {
    const { signal } = optionsIn('call', options);
    const { store } = this.#connections;
    return { schema: store.schema, applied: await abortable(signal, () => store.askAsLogin(migrate)) };
  }

  /** Closes what was opened. Every later call fails with `client-closed`. */
  async close(): Promise<void> {
    await Promise.all([this.#connections.store.close(), this.#connections.workflows.close()]);
  }
}
