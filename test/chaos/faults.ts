import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultOptions } from '../../sandbox/server.ts';
import type { Trap } from './database-proxy.ts';
import type { Environment } from './environment.ts';
import type { ExchangeFault, PlannedFault, Write } from './plan.ts';
import type { WorkerPlace } from './worker.ts';

/** How the statement of each kind reads on its way to Postgres, and how what it belongs to ends. */
const texts: Readonly<Record<Write, Pick<Trap, 'text' | 'ending'>>> = {
  pause: { text: 'set "paused" =', ending: 'set "paused" =' },
  adoption: { text: 'update "api_key" set "state"', ending: 'commit' },
  refusal: { text: 'count(*) as "keys"', ending: 'commit' },
  // Its first statement: one that froze later holds rows, and Postgres ends its session.
  unlink: { text: 'select from coverage where account_id', ending: 'commit' },
  page: { text: 'insert into page ', ending: 'commit' },
};

/** Injects one fault and ends it; resolves when the fault is over. */
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

  /** Whichever worker writes it first within the time. */
  async #atWrite(fault: WriteFault): Promise<void> {
    const { workers } = this.#environment;
    const { kind, write, isSent, forMs } = fault;
    const happened: Promise<void>[] = [];
    const disarm = () => {
      for (const { proxy } of workers) proxy.disarm();
    };
    for (const worker of workers) {
      const happens = () => (kind === 'worker killed at' ? this.#killed(worker, fault) : this.#frozen(worker, fault));
      worker.proxy.arm({
        ...texts[write],
        when: kind === 'worker killed at' && isSent ? 'before its answer comes' : 'before it is sent',
        onHit: async () => {
          disarm();
          const happening = happens();
          happened.push(happening);
          await happening;
          return kind === 'worker frozen at' && isSent ? 'goes on' : 'is lost';
        },
      });
    }
    await this.#pass(forMs);
    disarm();
    await Promise.all(happened);
  }

  async #killed(worker: WorkerPlace, { write, isSent }: WriteFault): Promise<void> {
    await this.#once(worker, async () => {
      this.#say(`${worker.name} killed ${isSent ? 'just after' : 'just before'} it has written: ${write}`);
      await worker.kill();
      await this.#pass(restartAfterMs);
      worker.start();
    });
  }

  async #frozen(worker: WorkerPlace, { write, forMs }: WriteFault): Promise<void> {
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

type WriteFault = PlannedFault & { readonly kind: 'worker killed at' | 'worker frozen at' };

const restartAfterMs = 1_000;

const moreOf: Readonly<Partial<Record<ExchangeFault, Partial<FaultOptions>>>> = {
  'rate-limited': { retryAfterSeconds: 1 },
  'clock-wrong': { offsetMs: 45_000 },
};

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
