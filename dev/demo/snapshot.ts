import type { AccountStatus, Status } from '../../src/client/index.ts';
import type { ShownStream } from './accounts.ts';

/** What is seen at one moment. */
export interface Snapshot {
  readonly atMs: number;
  readonly accounts: readonly AccountSight[];
  readonly exchange: ExchangeSight;
  readonly uiUrl: string;
  /** What the demo is waiting for, if anything. */
  readonly notice: string | null;
}

export interface AccountSight {
  readonly owner: string;
  readonly label: string;
  readonly status: AccountStatus;
  readonly problems: Status['problems'];
  readonly streams: readonly StreamSight[];
  /** Between happening and being stored, of the youngest trades that happened while we watched, on average; null before any did. */
  readonly delayMs: number | null;
}

export interface StreamSight {
  readonly stream: ShownStream;
  readonly rows: number;
  /** The true number of records. */
  readonly records: number;
  readonly requests: number;
  /** Where the reach began when the account was linked. */
  readonly fromMs: number;
  /** What has been read of each part. */
  readonly parts: readonly (readonly TimeRange[])[];
  readonly settledThroughMs: number | null;
  readonly complete: boolean;
  /** The key lacks the right to read it. */
  readonly isRefused?: boolean;
}

export interface ExchangeSight {
  readonly requests: number;
  /** Requests that were not answered with a good page. */
  readonly refused: number;
  readonly requestsPerSecond: number;
  /** Of the last whole seconds, oldest first. */
  readonly recentRequests: readonly number[];
  readonly isDown: boolean;
}

/** Half-open. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

export function rowsOf(account: AccountSight): number {
  return account.streams.reduce((sum, stream) => sum + stream.rows, 0);
}

export function recordsOf(account: AccountSight): number {
  return account.streams.reduce((sum, stream) => sum + stream.records, 0);
}
