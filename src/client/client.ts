import type { AccountListing, FleetReport, KeyCheck } from '../answers/index.ts';
import { migrate, newestFleetReport } from '../database/index.ts';
import { type Abortable, abortable } from './abort.ts';
import { type ClientOptions, clientSettings } from './client-options.ts';
import { type ClientConnections, connectionsOf, lazyWorkflows } from './connections.ts';
import { type FleetAction, type FleetOptions, type FleetResult, steerFleet } from './fleet.ts';
import { ownerIdIn } from './foreign-input.ts';
import { type Credentials, checkKey } from './link.ts';
import { LinkSessions } from './link-sessions.ts';
import { optionsIn } from './options.ts';
import { type CheckOptions, OwnerClient } from './owner-client.ts';
import { type AccountFilter, storedFilter } from './question.ts';
import { type Report, type ReportOptions, reportOfFleet } from './report.ts';
import { AccountStore, listingOf } from './stored-accounts.ts';

/**
 * Makes a client. It connects to Postgres and Temporal when they are first needed.
 *
 * @example
 * import { createClient } from 'bitmart-sync/client';
 *
 * const client = createClient({ databaseUrl, publicKey, temporal: { address: 'temporal:7233' } });
 * const accounts = await client.forOwner('alice').list();
 * await client.close();
 */
export function createClient(options: ClientOptions): Client {
  return new Client(options);
}

/** The client of a platform. Everything about accounts is reached through their owner: {@link Client.forOwner}. */
export class Client {
  readonly #connections: ClientConnections;
  /** For the server of the connection page; a platform calls {@link OwnerClient.createLinkSession}. */
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

  /**
   * Calls that are scoped to one user of the platform.
   *
   * @example
   * const owner = client.forOwner(user.id);
   */
  forOwner(ownerId: string): OwnerClient {
    return new OwnerClient(ownerId, connectionsOf(this.#connections, ownerIdIn(ownerId)));
  }

  /**
   * The accounts of every owner, for the operator of the platform. Never show this to a user.
   *
   * @example
   * const inThreeDays = new Date(Date.now() + 3 * 86_400_000);
   * const atRisk = await client.listEveryOwner({ atRiskBefore: inThreeDays });
   */
  async listEveryOwner(options: AccountFilter & Abortable = {}): Promise<readonly AccountListing[]> {
    const { signal, ...filter } = optionsIn('list', options);
    const stored = storedFilter(filter);
    return abortable(signal, async () =>
      (await this.#connections.store.ofEveryOwner().list(null, stored)).map(listingOf),
    );
  }

  /**
   * A self-contained HTML page about the accounts of every owner, for the operator of the platform.
   *
   * @example
   * import { writeFile } from 'node:fs/promises';
   *
   * const { html } = await client.reportEveryOwner();
   * await writeFile('fleet.html', html);
   */
  async reportEveryOwner(options: ReportOptions = {}): Promise<Report> {
    const asked = optionsIn('report', options);
    return abortable(asked.signal, () => reportOfFleet(this.#connections.store.ofEveryOwner(), null, asked));
  }

  /**
   * Wakes, pauses or resumes many accounts at a limited rate; for the operator of the platform.
   *
   * @example
   * const { matched, accounts } = await client.steerFleet('wake', { filter: { status: ['live'] }, dryRun: true });
   */
  async steerFleet(action: FleetAction, options: FleetOptions): Promise<FleetResult> {
    const asked = optionsIn('steerFleet', options);
    return abortable(asked.signal, () => steerFleet(this, action, asked));
  }

  /**
   * The latest reports of the Schedules `reconcile` and `retention-audit`.
   *
   * @example
   * const reports = await client.fleetReports();
   */
  async fleetReports(options: Abortable = {}): Promise<readonly FleetReport[]> {
    const { signal } = optionsIn('call', options);
    const accounts = this.#connections.store.ofEveryOwner();
    const kinds = ['reconcile', 'retention-audit'] as const;
    const found = await abortable(signal, () =>
      Promise.all(kinds.map((kind) => accounts.ask(newestFleetReport, kind))),
    );
    return found.flatMap((each) => (each ? [{ ...each, finishedAt: each.finishedAt.toISOString() }] : []));
  }

  /**
   * Checks a key as `link` does, without linking it.
   *
   * @example
   * const { outcome, problems } = await client.check({ apiKey, apiSecret, memo });
   */
  async check(credentials: Credentials, options: CheckOptions = {}): Promise<KeyCheck> {
    const { subAccount = null, signal } = optionsIn('check', options);
    return abortable(signal, () => checkKey(this.#connections, { ownerId: null, credentials, subAccount }));
  }

  /**
   * Creates or updates the tables. The answer names the migrations that ran.
   *
   * @example
   * const { schema, applied } = await client.migrate();
   */
  async migrate(options: Abortable = {}): Promise<{ readonly schema: string; readonly applied: readonly string[] }> {
    const { signal } = optionsIn('call', options);
    const { store } = this.#connections;
    return { schema: store.schema, applied: await abortable(signal, () => store.askAsLogin(migrate)) };
  }

  /**
   * Closes every connection. Each later call fails with `client-closed`.
   *
   * @example
   * process.once('SIGTERM', () => client.close());
   */
  async close(): Promise<void> {
    await Promise.all([this.#connections.store.close(), this.#connections.workflows.close()]);
  }
}
