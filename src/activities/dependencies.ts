import type { Opener } from '../credentials/open.ts';
import type { Database } from '../database/index.ts';
import type { Exchange, HistoryStore } from '../history/ports.ts';
import type { ReadSettings } from '../history/settings.ts';

export interface Dependencies {
  readonly database: Database;
  readonly store: HistoryStore;
  readonly exchange: Exchange;
  readonly opener: Opener;
  /** The text that keys are sealed for when one is handed from one account to another. */
  readonly publicKey: string;
  readonly settings: ActivitySettings;
}

export interface ActivitySettings extends ReadSettings {
  readonly syncIntervalMs: number;
  readonly chunkMs: number;
  readonly chunkPages: number;
  readonly keyPolicy: 'refuse-withdraw' | 'read-only' | 'any';
  readonly egressAddresses: readonly string[];
  readonly platformEndMs: number | null;
}
