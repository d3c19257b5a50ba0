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
  /** Called with the number of requests that were made ahead and whose answers were not used. */
  readonly onDiscarded?: ReadContext['onDiscarded'];
  readonly opener: Opener;
  readonly settings: ActivitySettings;
  readonly workflows: AccountWorkflows;
  readonly log: EventLog;
  /** What an account claims and no page proves that we keep. */
  readonly verifyCoverage: (accountId: string) => Promise<readonly Omit<UnprovedStretch, 'accountId'>[]>;
}

/** One line an event. Nothing secret, and no record, is ever among the fields. */
export interface EventLog {
  info(fields: object, event: string): void;
  warn(fields: object, event: string): void;
  error(fields: object, event: string): void;
}

/** The accounts' workflows, as one who looks after all of them sees them. */
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
  /** Null where the exchange has no end. It changes when a record disproves one of its ends: take it anew for each call. */
  readonly timetable: Timetable | null;
}
