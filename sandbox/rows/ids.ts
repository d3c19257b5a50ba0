import type { Random } from '../random.ts';

/** Ids as BitMart gives them: each its own number space, rising, those of trades far beyond 2^53. */
export class Ids {
  readonly #next = new Map<string, bigint>();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  spotTrade(): string {
    return this.#after('spot-trade', 182_400_000_000_000_000n, 900_000);
  }

  spotOrder(): string {
    return this.#after('spot-order', 183_300_000_000_000_000n, 900_000);
  }

  futuresTrade(): string {
    return this.#after('futures-trade', 30_000_621_000_000_000n, 9_000);
  }

  futuresOrder(): string {
    return this.#after('futures-order', 230_930_336_000_000n, 900);
  }

  withdrawal(): string {
    return this.#after('withdrawal', 16_799_520n, 90);
  }

  deposit(): string {
    return this.#after('deposit', 14_233_682n, 90);
  }

  earnRecord(): string {
    return this.#after('earn-record', 71_000_000n, 90);
  }

  /** As captured: milliseconds and letters. */
  borrowing(atMs: number): string {
    return `${atMs}${this.#after('borrowing', 1_000_000n, 90)}rNvJnuRTJ`;
  }

  repayment(atMs: number): string {
    return `${atMs}${this.#after('repayment', 1_000_000n, 90)}kFnuRTJNLx`;
  }

  transfer(): string {
    return this.#after('transfer', 902_463_535_961_567_232n, 9_000_000_000);
  }

  #after(space: string, first: bigint, widestStep: number): string {
    const id = (this.#next.get(space) ?? first) + BigInt(this.#random.between(1, widestStep));
    this.#next.set(space, id);
    return String(id);
  }
}
