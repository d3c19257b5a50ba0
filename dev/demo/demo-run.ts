import type { SandboxExchange } from '../../sandbox/server.ts';
import type { Client } from '../../src/client/index.ts';
import type { StoredRecords } from './comparison/stored-records.ts';
import type { Installation } from './installation.ts';
import type { Observer } from './observer.ts';
import type { Trading } from './trading.ts';
import type { Screen } from './view/screen.ts';
import type { WorkerProcess } from './worker-process.ts';

/** What the steps of the demo share. */
export interface DemoRun {
  readonly installation: Installation;
  readonly screen: Screen;
  readonly exchange: SandboxExchange;
  readonly client: Client;
  readonly observer: Observer;
  readonly trading: Trading;
  /** Our tables, read directly. */
  readonly stored: StoredRecords;
  readonly firstWorker: WorkerProcess;
}
