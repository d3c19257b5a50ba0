import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Sandbox, startSandbox } from '../../sandbox/server.ts';
import { type Client, createClient } from '../../src/client/index.ts';
import { linkPageConfig, startLinkPage } from '../../src/link-page/server.ts';
import { freePort } from '../free-port.ts';
import { startStack } from '../stack.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../temporary-folder.ts';
import { forgetInstallation, workerSettings } from './environment.ts';

import { WorkerProcess } from './worker-process.ts';

/** Everything that the demo runs on, in a temporary folder and on fresh ports. */
export class Installation {
  readonly #folder: TemporaryFolder;
  readonly #closers = new AsyncDisposableStack();
  readonly #workers: WorkerProcess[] = [];
  #env: Readonly<Record<string, string>> = {};
  #sandbox: Sandbox | null = null;
  #uiUrl = '';
  #linkUrl = '';
  #reportCrash: (error: unknown) => void = () => {};
  /** Rejects when a process that should keep running ends. */
  readonly crash: Promise<never> = new Promise((_, reject) => {
    this.#reportCrash = reject;
  });

  constructor() {
    forgetInstallation(process.env);
    this.crash.catch(() => {});
    this.#folder = createTemporaryFolder('bitmart-sync-demo-');
    this.#closers.defer(() => this.#folder.remove());
  }

  /** Postgres and Temporal with its UI. `say` gets progress messages of slow steps. */
  async startStack(say: (line: string) => void): Promise<void> {
    const starting = startStack({ directory: this.#folder.stackPath, temporary: true, say });
    this.#closers.defer(async () => (await starting.catch(() => null))?.stop());
    const { env, uiUrl } = await starting;
    this.#env = env;
    this.#uiUrl = uiUrl ?? '';
  }

  /** The exchange, with the limits that BitMart publishes, counted in the stricter way. */
  async startExchange(): Promise<void> {
    const sandbox = await startSandbox({ switches: { limits: 'sliding' } });
    this.#closers.defer(() => sandbox.close());
    this.#sandbox = sandbox;
    this.#env = { ...this.#env, ...workerSettings(sandbox.url) };
    const lines = Object.entries(this.#env).map(([name, value]) => `${name}=${value}`);
    writeFileSync(this.envFile, `${lines.join('\n')}\n`, { mode: 0o600 });
    // A guarded process inherits our environment.
    Object.assign(process.env, this.#env);
  }

  async startWorker(name: string): Promise<WorkerProcess> {
    const worker = new WorkerProcess(name, join(this.#folder.path, `${name.replaceAll(' ', '-')}.log`));
    this.#closers.defer(() => worker.kill());
    this.#workers.push(worker);
    await worker.ready();
    worker.unexpectedEnd().catch(this.#reportCrash);
    return worker;
  }

  /** The connection page, for a user who wants to link a key by hand. */
  async startLinkPage(): Promise<void> {
    const address = `127.0.0.1:${await freePort()}`;
    const config = linkPageConfig({ LINK_ADDRESS: address, LINK_NAME: 'Example Tax', EGRESS_ADDRESSES: '127.0.0.1' });
    this.#linkUrl = config.publicUrl.origin;
    const page = await startLinkPage({ client: this.connect(), config, log: () => undefined });
    this.#closers.defer(() => page.close());
  }

  connect(): Client {
    const client = createClient({
      databaseUrl: this.databaseUrl,
      publicKey: this.#env.CREDENTIALS_PUBLIC_KEY as string,
      temporal: { address: this.#env.TEMPORAL_ADDRESS as string, namespace: this.#env.TEMPORAL_NAMESPACE as string },
      timetable: null,
      linkUrl: this.#linkUrl,
    });
    this.#closers.defer(() => client.close());
    return client;
  }

  /** What a worker or the command line needs to join in. */
  get envFile(): string {
    return join(this.#folder.path, 'env');
  }

  get databaseUrl(): string {
    return this.#env.DATABASE_URL as string;
  }

  get uiUrl(): string {
    return this.#uiUrl;
  }

  /** An account's workflow in the UI. */
  workflowUrl(workflowId: string): string {
    const namespace = this.#env.TEMPORAL_NAMESPACE as string;
    return `${this.#uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`;
  }

  get sandbox(): Sandbox {
    if (!this.#sandbox) throw new Error('The exchange was not started.');
    return this.#sandbox;
  }

  /** What was started last ends first. */
  whenClosing(close: () => void | Promise<void>): void {
    this.#closers.defer(close);
  }

  /** The end of the newest worker's log. */
  logTail(): readonly string[] {
    return this.#workers.at(-1)?.logTail() ?? [];
  }

  /** Ends everything in the opposite order, and removes the folder. */
  async close(): Promise<void> {
    await this.#closers.disposeAsync();
  }
}
