import type { SandboxExchange } from '../../sandbox/server.ts';
import type { ShownStream } from './accounts.ts';
import type { ExchangeSight } from './snapshot.ts';

const secondsKept = 24;
const rateOverSeconds = 3;

type Logged = SandboxExchange['log'][number];

/** Counts the requests in the exchange's log as they come, because the log drops the oldest entries. */
export class RequestMeter {
  readonly #exchange: SandboxExchange;
  readonly #byStream = new Map<string, number>();
  readonly #bySecond = new Map<number, number>();
  #newest: Logged | undefined;
  #requests = 0;
  #refused = 0;

  constructor(exchange: SandboxExchange) {
    this.#exchange = exchange;
  }

  of(owner: string, stream: ShownStream): number {
    return this.#byStream.get(`${owner}/${stream}`) ?? 0;
  }

  sight(nowMs: number): ExchangeSight {
    this.#catchUp();
    const present = Math.floor(nowMs / 1_000);
    for (const second of this.#bySecond.keys()) if (second < present - secondsKept) this.#bySecond.delete(second);
    const seconds = Array.from({ length: secondsKept }, (_, i) => present - secondsKept + i);
    const recentRequests = seconds.map((second) => this.#bySecond.get(second) ?? 0);
    const lately = recentRequests.slice(-rateOverSeconds);
    return {
      requests: this.#requests,
      refused: this.#refused,
      requestsPerSecond: lately.reduce((sum, count) => sum + count, 0) / rateOverSeconds,
      recentRequests,
      isDown: this.#exchange.faults.isActive('server-error', nowMs),
    };
  }

  #catchUp(): void {
    const { log } = this.#exchange;
    const first = this.#newest === undefined ? 0 : log.lastIndexOf(this.#newest) + 1;
    for (const entry of log.slice(first)) this.#count(entry);
    this.#newest = log.at(-1);
  }

  #count(entry: Logged): void {
    this.#requests++;
    add(this.#bySecond, Math.floor(entry.atMs / 1_000));
    if (entry.account !== null && entry.stream !== null) add(this.#byStream, `${entry.account}/${entry.stream}`);
    if (entry.httpStatus !== 200 || entry.code !== 1_000) this.#refused++;
  }
}

function add<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
