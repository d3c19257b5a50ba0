import { setTimeout as sleep } from 'node:timers/promises';
import type { SandboxExchange } from '../../sandbox/server.ts';
import { streams as sandboxStreams } from '../../sandbox/streams/index.ts';
import type { OwnerClient, StreamCoverage } from '../../src/client/index.ts';
import { recordCount, type SimulatedAccount, shownStreams } from './accounts.ts';
import type { StoredClaim, StoredRecords } from './comparison/stored-records.ts';
import { DemoFailure } from './failure.ts';
import { RequestMeter } from './request-meter.ts';
import type { AccountSight, Snapshot, StreamSight } from './snapshot.ts';

export interface WatchedAccount {
  readonly simulated: SimulatedAccount;
  readonly client: OwnerClient;
  readonly accountId: string;
}

export interface Observed {
  readonly exchange: SandboxExchange;
  readonly stored: StoredRecords;
  readonly uiUrl: string;
}

const everyMs = 250;

/** Looks at accounts through the client, as a platform would, and at what the exchange is asked. */
export class Observer {
  readonly accounts: WatchedAccount[] = [];
  readonly #exchange: SandboxExchange;
  readonly #stored: StoredRecords;
  readonly #meter: RequestMeter;
  readonly #uiUrl: string;
  readonly #onSnapshot: (snapshot: Snapshot) => void;
  readonly #delaysMs = new Map<string, number>();
  #notice: ((nowMs: number) => string) | null = null;
  #stopped = false;

  constructor({ exchange, stored, uiUrl }: Observed, onSnapshot: (snapshot: Snapshot) => void) {
    this.#exchange = exchange;
    this.#stored = stored;
    this.#uiUrl = uiUrl;
    this.#meter = new RequestMeter(exchange);
    this.#onSnapshot = onSnapshot;
  }

  watch(account: WatchedAccount): void {
    this.accounts.push(account);
  }

  noteDelay(owner: string, delayMs: number): void {
    this.#delaysMs.set(owner, delayMs);
  }

  /** What the demo is waiting for, while it waits. */
  notice(text: ((nowMs: number) => string) | null): void {
    this.#notice = text;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Polls until the snapshot satisfies the condition. */
  async until(isReached: (snapshot: Snapshot) => boolean, what: string, withinMs: number): Promise<Snapshot> {
    for (const deadlineMs = Date.now() + withinMs; Date.now() < deadlineMs; await sleep(everyMs)) {
      const snapshot = await this.look();
      if (isReached(snapshot)) return snapshot;
    }
    throw new DemoFailure(`${what} did not happen within ${Math.round(withinMs / 1_000)} s.`);
  }

  /** Keeps polling for this time. */
  async watchFor(durationMs: number): Promise<void> {
    for (const endMs = Date.now() + durationMs; Date.now() < endMs && !this.#stopped; await sleep(everyMs)) {
      await this.look();
    }
  }

  /** Keeps polling until it is stopped; never returns. */
  async watchForever(): Promise<never> {
    while (!this.#stopped) await this.watchFor(everyMs);
    return new Promise<never>(() => {});
  }

  async look(): Promise<Snapshot> {
    const exchange = this.#meter.sight(Date.now());
    const accounts = await Promise.all(this.accounts.map((account) => this.#account(account)));
    const atMs = Date.now();
    const snapshot = { atMs, accounts, exchange, uiUrl: this.#uiUrl, notice: this.#notice?.(atMs) ?? null };
    if (!this.#stopped) this.#onSnapshot(snapshot);
    return snapshot;
  }

  async #account({ simulated, client, accountId }: WatchedAccount): Promise<AccountSight> {
    const { owner, label } = simulated;
    const { status, problems, streams } = await client.status(accountId);
    const claims = await this.#stored.claims(accountId);
    const byName = new Map(streams.map((stream) => [stream.stream, stream]));
    return {
      owner,
      label,
      status,
      problems,
      streams: shownStreams.map((name) => this.#stream(owner, name, byName.get(name), claims)),
      delayMs: this.#delaysMs.get(owner) ?? null,
    };
  }

  #stream(
    owner: string,
    stream: StreamSight['stream'],
    coverage: StreamCoverage | undefined,
    claims: readonly StoredClaim[],
  ): StreamSight {
    return {
      stream,
      rows: coverage?.rows ?? 0,
      records: recordCount(this.#exchange, owner, stream),
      requests: this.#meter.of(owner, stream),
      fromMs: coverage ? Date.parse(coverage.from) : 0,
      parts: sandboxStreams[stream].parts.map((part) =>
        claims.filter((claim) => claim.stream === stream && claim.part === part),
      ),
      settledThroughMs: coverage?.settledThrough ? Date.parse(coverage.settledThrough) : null,
      complete: coverage?.complete ?? false,
      isRefused: coverage?.missingRight !== undefined,
    };
  }
}
