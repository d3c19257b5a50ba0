import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultOptions } from '../../sandbox/server.ts';
import type { Environment } from './environment.ts';
import type { ExchangeFault, PlannedFault, Write } from './plan.ts';
import type { WorkerPlace } from './worker.ts';

/** How a statement of each kind begins, as it travels to Postgres. */
const textOf: Readonly<Record<Write, string>> = {
  pause: 'set "paused" =',
  adoption: 'update "api_key" set "state"',
  unlink: 'delete from "api_key"',
  page: 'insert into page ',
};

/** Makes one fault happen, and ends it again; answers when all is as it was. */
export class Faults {
  readonly #environment: Environment;
  readonly #say: (line: string) => void;
  readonly #ended: AbortSignal;
  /** What is down at present, so that nothing is taken away twice. */
  readonly #down = new Set<unknown>();

  constructor(environment: Environment, say: (line: string) => void, ended: AbortSignal) {
    this.#environment = environment;
    this.#say = say;
    this.#ended = ended;
  }

  async happen(fault: PlannedFault): Promise<void> {
    const { workers } = this.#environment;
    switch (fault.kind) {
      case 'worker killed':
      case 'worker frozen':
      case 'worker stopped':
        return this.#ofWorker(workers[fault.worker] as WorkerPlace, fault);
      case 'worker killed at':
      case 'worker frozen at':
        return this.#atWrite(fault);
      case 'Postgres killed':
      case 'Temporal killed':
        return this.#ofService(fault.kind === 'Postgres killed' ? 'Postgres' : 'Temporal', fault.forMs);
      case 'exchange':
        return this.#ofExchange(fault.fault, fault.forMs);
    }
  }

  async #ofWorker(worker: WorkerPlace, { kind, forMs }: PlannedFault): Promise<void> {
    await this.#once(worker, async () => {
      this.#say(`${kind.replace('worker', worker.name)} for ${seconds(forMs)}`);
      if (kind === 'worker frozen') {
        worker.freeze();
        await this.#pass(forMs);
        worker.thaw();
        return;
      }
      await (kind === 'worker killed' ? worker.kill() : worker.stop());
      await this.#pass(forMs);
      worker.start();
    });
  }

  /** Whichever worker writes it first within the time; a frozen one stays so for as long again. */
  async #atWrite(fault: PlannedFault & { readonly kind: 'worker killed at' | 'worker frozen at' }): Promise<void> {
    const { workers } = this.#environment;
    const { kind, write, isSent, forMs } = fault;
    const happened: Promise<void>[] = [];
    for (const worker of workers) {
      worker.proxy.arm({
        text: textOf[write],
        onHit: () => {
          for (const { proxy } of workers) proxy.disarm();
          if (kind === 'worker killed at') {
            happened.push(this.#killed(worker, write, forMs));
            return Promise.resolve(isSent ? 'goes on' : 'is lost');
          }
          const frozen = this.#frozen(worker, write, forMs);
          happened.push(frozen);
          return frozen.then(() => (isSent ? 'goes on' : 'is lost'));
        },
      });
    }
    await this.#pass(forMs);
    for (const { proxy } of workers) proxy.disarm();
    await Promise.all(happened);
  }

  async #killed(worker: WorkerPlace, write: Write, forMs: number): Promise<void> {
    await this.#once(worker, async () => {
      this.#say(`${worker.name} killed as it writes: ${write}`);
      await worker.kill();
      await this.#pass(Math.min(forMs, 3_000));
      worker.start();
    });
  }

  async #frozen(worker: WorkerPlace, write: Write, forMs: number): Promise<void> {
    await this.#once(worker, async () => {
      this.#say(`${worker.name} frozen as it writes: ${write}, for ${seconds(forMs)}`);
      worker.freeze();
      await this.#pass(forMs);
      worker.thaw();
      this.#say(`${worker.name} goes on`);
    });
  }

  async #ofService(service: 'Postgres' | 'Temporal', forMs: number): Promise<void> {
    await this.#once(service, async () => {
      this.#say(`${service} killed for ${seconds(forMs)}`);
      await this.#environment.without(service, forMs, this.#ended);
      this.#say(`${service} is back`);
    });
  }

  async #ofExchange(fault: ExchangeFault, forMs: number): Promise<void> {
    this.#say(`exchange: ${fault} for ${seconds(forMs)}`);
    const { exchange } = this.#environment.sandbox;
    const id = exchange.inject({ fault, ...moreOf[fault] });
    await this.#pass(forMs);
    exchange.clearFaults(id);
  }

  async #once(what: unknown, happen: () => Promise<void>): Promise<void> {
    if (this.#down.has(what)) return;
    this.#down.add(what);
    try {
      await happen();
    } finally {
      this.#down.delete(what);
    }
  }

  async #pass(forMs: number): Promise<void> {
    await sleep(forMs, undefined, { signal: this.#ended }).catch(() => {});
  }
}

const moreOf: Readonly<Partial<Record<ExchangeFault, Partial<FaultOptions>>>> = {
  'rate-limited': { retryAfterSeconds: 1 },
  'clock-wrong': { offsetMs: 45_000 },
};

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
