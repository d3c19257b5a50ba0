import type { PlannedCrash } from './plan.ts';
import { Random } from './random.ts';

/** Thrown at a chosen step: the process is gone, whatever was not committed with it. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

export interface StepsOptions {
  readonly crash?: PlannedCrash | null;
  readonly turns?: Turns | null;
  /** Number of this attempt among those that run at once. */
  readonly who?: number;
  readonly onStep?: (step: number) => void;
}

/**
 * The steps of one attempt: everything that it waits for, one after another. It dies before or after a chosen one, and
 * where several attempts run at once, each step waits for its turn.
 */
export class Steps {
  readonly #options: StepsOptions;
  readonly #who: number;
  #taken = 0;
  #dead = false;

  constructor(options: StepsOptions) {
    this.#options = options;
    this.#who = options.who ?? 0;
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** `lock`: what the step may have to wait for, because another attempt holds it. */
  async around<T>(work: () => Promise<T>, lock: string | null = null): Promise<T> {
    if (this.#dead) throw new Crash('the process is gone');
    const { crash, turns, onStep } = this.#options;
    await turns?.take(this.#who);
    this.#taken++;
    onStep?.(this.#taken);
    const dies = crash?.step === this.#taken;
    try {
      if (dies && !crash.after) this.#die();
      if (lock !== null) turns?.mayWait(this.#who, lock);
      return await work();
    } finally {
      turns?.end();
      if (dies) this.#die();
    }
  }

  /** Holds what others wait for until `release`. */
  hold(lock: string): void {
    this.#options.turns?.hold(this.#who, lock);
  }

  release(): void {
    this.#options.turns?.release(this.#who);
  }

  /** It wants no more turns. */
  end(): void {
    this.#options.turns?.release(this.#who);
  }

  #die(): never {
    this.#dead = true;
    this.release();
    throw new Crash('the process dies');
  }
}

/**
 * Lets several attempts run at once in an order that one seed decides: one step is taken at a time, and the next one is
 * chosen when everybody has come to a step of theirs. An attempt may have several under way, as when it asks while a page
 * is committed. Whoever waits for a lock in the database goes on when the holder lets it go.
 */
export class Turns {
  readonly #random: Random;
  readonly #ready: { readonly who: number; readonly go: () => void }[] = [];
  readonly #locks = new Map<string, number>();
  #blocked: { readonly who: number; readonly lock: string }[] = [];
  #stepping = 0;
  #choosing = false;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  take(who: number): Promise<void> {
    return new Promise<void>((go) => {
      this.#ready.push({ who, go });
      this.#choose();
    });
  }

  /** The step is over. */
  end(): void {
    this.#stepping--;
    this.#choose();
  }

  /** Another one goes on meanwhile if it holds the lock. */
  mayWait(who: number, lock: string): void {
    const holder = this.#locks.get(lock);
    if (holder === undefined || holder === who) return;
    this.#blocked.push({ who, lock });
    this.#stepping--;
    this.#choose();
  }

  hold(who: number, lock: string): void {
    this.#locks.set(lock, who);
  }

  release(who: number): void {
    for (const [lock, holder] of this.#locks) {
      if (holder !== who) continue;
      this.#locks.delete(lock);
      const first = this.#blocked.find((each) => each.lock === lock);
      if (!first) continue;
      this.#blocked = this.#blocked.filter((each) => each !== first);
      this.#stepping++;
    }
  }

  #choose(): void {
    if (this.#choosing) return;
    this.#choosing = true;
    setImmediate(() => {
      this.#choosing = false;
      if (this.#stepping > 0 || this.#ready.length === 0) return;
      this.#ready.sort((a, b) => a.who - b.who);
      const [chosen] = this.#ready.splice(this.#random.between(0, this.#ready.length - 1), 1);
      this.#stepping++;
      chosen?.go();
    });
  }
}
