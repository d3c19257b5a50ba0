import type { AccountFilter, AccountListing, FleetReport, KeyCheck } from '../answers/index.ts';
import { knownTimetable } from '../bitmart/timetable.ts';
import { defaultQuotas, migrate, newestFleetReport, type Quotas } from '../database/index.ts';
import { type Timetable, unknownTimetable } from '../history/timetable.ts';
import { abortable } from './abort.ts';
import { type Connections, lazyWorkflows } from './connections.ts';
import type { FleetAction, FleetOptions, FleetResult } from './fleet.ts';
import { checkKey } from './link.ts';
import { LinkSessions } from './link-sessions.ts';
import { type CheckOptions, OwnerClient } from './owner-client.ts';
import { type Report, type ReportOptions, reportOfFleet } from './report.ts';
import { listingOf, StoredAccounts } from './stored-accounts.ts';
import type { TemporalOptions } from './temporal.ts';

export interface ClientOptions {
  /** Postgres, as a URL. */
  readonly databaseUrl: string;
  /** @default `bitmart_sync` */
  readonly databaseSchema?: string;
  /** @default localhost:7233, namespace `default` */
  readonly temporal?: TemporalOptions;
  /** @default `bitmart-sync` */
  readonly taskQueue?: string;
  /** Seals keys so that only the worker can open them. Needed to link, check and rotate; never the private key. */
  readonly publicKey?: string;
  /** The public address of `bitmart-sync serve`. Needed for `createLinkSession`. @default the environment's LINK_URL */
  readonly linkUrl?: string;
  /**
   * When the exchange ends what, as BITMART_TIMETABLE tells the worker: an end that is null or left out is unknown, and null
   * as a whole means an exchange without an end. @default what is known of BitMart
   */
  readonly timetable?: GivenTimetable | null;
  /** What one owner may make us keep and ask. @default 200 accounts, 5 candidates of one account, 30 unproven keys an hour */
  readonly quotas?: Partial<Quotas>;
  /** @deprecated Give `timetable`. The end of the platform alone; null when the exchange has no end. */
  readonly platformEndMs?: number | null;
}

export interface GivenTimetable extends Partial<Timetable> {
  /** @deprecated Give `spotTradingEndMs`. */
  readonly tradingEndMs?: number;
}

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

const defaultTaskQueue = 'bitmart-sync';
const defaultSchema = 'bitmart_sync';

/** The way in for a platform. Whatever concerns an account hangs on its owner: {@link Client.forOwner}. */
export class Client {
  readonly #connections: Connections;
  /** For the connection page, which walks a user through a session; a platform calls {@link OwnerClient.createLinkSession}. */
  readonly linkSessions: LinkSessions;

  constructor(options: ClientOptions) {
    const { databaseUrl, databaseSchema = defaultSchema } = options;
    this.#connections = {
      accounts: new StoredAccounts(databaseUrl, databaseSchema, timetableOf(options)),
      workflows: lazyWorkflows(options.temporal ?? {}, options.taskQueue ?? defaultTaskQueue),
      publicKey: options.publicKey ?? null,
      quotas: { ...defaultQuotas, ...options.quotas },
      linkUrl: options.linkUrl ?? (process.env.LINK_URL || null),
    };
    this.linkSessions = new LinkSessions(this.#connections);
  }

  /** Everything of one user of the platform, and nothing of anybody else. */
  forOwner(ownerId: string): OwnerClient {
    return new OwnerClient(ownerId, this.#connections);
  }

  /** The accounts of every owner, for whoever operates the platform: never show this to a user. */
  async listEveryOwner(filter: AccountFilter = {}): Promise<readonly AccountListing[]> {
    return (await this.#connections.accounts.list(null, filter)).map(listingOf);
  }

  /** One HTML page about the accounts of every owner, for whoever operates the platform. */
  reportEveryOwner(options: ReportOptions = {}): Promise<Report> {
    return reportOfFleet(this.#connections, null, options);
  }

  /** Tells many accounts the same, throttled; for whoever operates the platform. */
  async steerFleet(action: FleetAction, options: FleetOptions): Promise<FleetResult> {
    const { steerFleet } = await import('./fleet.ts');
    return steerFleet(this, action, options);
  }

  /** What the Schedules that look after all accounts found last. */
  async fleetReports(): Promise<readonly FleetReport[]> {
    const kinds = ['reconcile', 'retention-audit'] as const;
    const found = await Promise.all(kinds.map((kind) => this.#connections.accounts.ask(newestFleetReport, kind)));
    return found.flatMap((each) => (each ? [{ ...each, finishedAt: each.finishedAt.toISOString() }] : []));
  }

  /** Looks at a key the way linking does, and links nothing. */
  check(credentials: unknown, { subAccount = null, signal }: CheckOptions = {}): Promise<KeyCheck> {
    return abortable(signal, () => checkKey(this.#connections, { ownerId: null, credentials, subAccount }));
  }

  /** Creates or updates the tables; answers with the names of the migrations that ran. */
  async migrate(): Promise<{ readonly schema: string; readonly applied: readonly string[] }> {
    const { accounts } = this.#connections;
    return { schema: accounts.schema, applied: await accounts.ask(migrate) };
  }

  async close(): Promise<void> {
    const workflows = await this.#connections.workflows.opened();
    await Promise.all([this.#connections.accounts.close(), workflows?.close()]);
  }
}

function timetableOf({ timetable, platformEndMs }: ClientOptions): Timetable | null {
  if (timetable === null) return null;
  if (timetable !== undefined) {
    const { tradingEndMs = null, ...ends } = timetable;
    return { ...unknownTimetable, spotTradingEndMs: tradingEndMs, ...ends };
  }
  if (platformEndMs === null) return null;
  return platformEndMs === undefined ? knownTimetable : { ...knownTimetable, platformEndMs };
}
