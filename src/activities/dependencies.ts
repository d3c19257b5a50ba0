import type { Opener } from '../credentials/open.ts';
import type { Database } from '../database/index.ts';
import type { ReadContext } from '../history/part-reading.ts';
import type { Exchange, HistoryStore, Replays } from '../history/ports.ts';
import type { ReadSettings } from '../history/settings.ts';
import type { Timetable } from '../history/timetable.ts';
import type { AccountToStart } from '../workflows/account-start.ts';
import type { UnprovedStretch } from './contract.ts';

export interface Dependencies {
  readonly database: Database;
  readonly store: HistoryStore;
  readonly replays: Replays;
  readonly exchange: Exchange;
  /** Called with the number of requests that were made ahead and discarded. */
  readonly onDiscarded?: ReadContext['onDiscarded'];
  readonly opener: Opener;
  readonly settings: ActivitySettings;
  readonly workflows: AccountWorkflows;
  readonly log: EventLog;
  /** What an account claims without a stored page that proves it. */
  readonly verifyCoverage: (accountId: string) => Promise<readonly Omit<UnprovedStretch, 'accountId'>[]>;
}

/** One line per event. Its fields hold no secret and no record. */
export interface EventLog {
  info(fields: object, event: string): void;
  warn(fields: object, event: string): void;
  error(fields: object, event: string): void;
}

/** The workflows of all accounts, for the reconciliation. */
export interface AccountWorkflows {
  /** The accounts whose workflow runs, as of a moment ago. */
  running(): AsyncIterable<string>;
  /** False when it was running already; then nothing happened. */
  start(account: AccountToStart): Promise<boolean>;
  /** False when it was no longer running. */
  end(accountId: string, reason: string): Promise<boolean>;
}

export interface ActivitySettings extends ReadSettings {
  readonly syncIntervalMs: number;
  readonly chunkMs: number;
  readonly chunkPages: number;
  readonly keyPolicy: 'refuse-withdraw' | 'read-only' | 'any';
  readonly egressAddresses: readonly string[];
  /** Null for an exchange without an end. It changes when a record disproves an end, so read it anew for each call. */
  readonly timetable: Timetable | null;
}
