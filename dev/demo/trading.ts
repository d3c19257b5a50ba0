import type { SandboxExchange } from '../../sandbox/server.ts';
import { DemoFailure } from './failure.ts';

/** Trades that happen while we watch: one after another, owner by owner, on the spot market and with contracts. */
export class Trading {
  readonly #exchange: SandboxExchange;
  #timer: NodeJS.Timeout | null = null;
  #happened = 0;
  #lastMs = 0;

  constructor(exchange: SandboxExchange) {
    this.#exchange = exchange;
  }

  start(owners: readonly string[], everyMs: number): void {
    this.stop();
    this.#timer = setInterval(() => this.#trade(owners[this.#happened % owners.length] as string, owners), everyMs);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  get happened(): number {
    return this.#happened;
  }

  /** When the last of them happened. */
  get lastMs(): number {
    return this.#lastMs;
  }

  #trade(owner: string, owners: readonly string[]): void {
    const nowMs = this.#exchange.clockMs();
    const kind = kinds[Math.floor(this.#happened / owners.length) % kinds.length];
    if (kind === 'spot') this.#exchange.add(owner, 'spot-trades', [{ createTime: nowMs }]);
    else this.#exchange.add(owner, 'futures-trades', [{ create_time: nowMs, part: kind as string }]);
    this.#happened++;
    this.#lastMs = nowMs;
  }
}

const kinds = ['spot', 'spot', 'futures', 'spot', 'copy_trading'];

/** The newest pending withdrawal arrives. */
export function arriveWithdrawal(
  exchange: SandboxExchange,
  owner: string,
): { readonly id: string; readonly what: string } {
  const underWay = exchange
    .truth(owner)
    .filter(({ stream, row }) => stream === 'withdrawals' && Number(row.status) < success)
    .at(-1);
  if (!underWay) throw new DemoFailure(`${owner} has no withdrawal under way.`);
  exchange.change(owner, 'withdrawals', underWay.id, { status: success, tx_id: transactionId });
  return { id: underWay.id, what: `${String(underWay.row.arrival_amount)} ${String(underWay.row.currency)}` };
}

const success = 3;
const transactionId = 'b7e1c0de'.repeat(8);
