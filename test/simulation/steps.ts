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
      const granted = lock === null ? null : (turns?.mayWait(this.#who, lock) ?? null);
      try {
        return await work();
      } finally {
        if (granted !== null) await turns?.takeAgain(this.#who, granted);
      }
    } finally {
      turns?.end();
      if (dies) this.#die();
    }
  }

  /** What takes time without being a step: nothing is chosen meanwhile, so that the order stays the seed's. */
  async aside<T>(work: () => Promise<T>): Promise<T> {
    const { turns } = this.#options;
    turns?.begin();
    try {
      return await work();
    } finally {
      turns?.end();
    }
  }

  /** Holds what others wait for until `release`. */
  hold(lock: string): void {
    this.#options.turns?.hold(this.#who, lock);
  }

  /** One lock, or all. */
  release(lock: string | null = null): void {
    this.#options.turns?.release(this.#who, lock);
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
 * is committed. Who waits for a lock in the database continues when its holder releases it.
 */
export class Turns {
  readonly #random: Random;
  readonly #ready: { readonly who: number; readonly go: () => void }[] = [];
  readonly #locks = new Map<string, number>();
  #blocked: { readonly who: number; readonly lock: string; readonly grant: () => void }[] = [];
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

  /** Something goes on that the others have to wait for, until `end`. */
  begin(): void {
    this.#stepping++;
  }

  end(): void {
    this.#stepping--;
    this.#choose();
  }

  /** If another holds the lock, the rest continue meanwhile; answers with what then has to be taken again. */
  mayWait(who: number, lock: string): Promise<void> | null {
    const holder = this.#locks.get(lock);
    if (holder === undefined || holder === who) return null;
    return new Promise<void>((grant) => {
      this.#blocked.push({ who, lock, grant });
      this.#stepping--;
      this.#choose();
    });
  }

  /**
   * The database may tell the one who waited before it tells the holder that its commit is done. What follows from the
   * lock has to follow from the commit too, so it waits for the holder's own step to be over, and for a turn.
   */
  async takeAgain(who: number, granted: Promise<void>): Promise<void> {
    await granted;
    this.#stepping--;
    await this.take(who);
  }

  hold(who: number, lock: string): void {
    this.#locks.set(lock, who);
  }

  release(who: number, which: string | null = null): void {
    for (const [lock, holder] of this.#locks) {
      if (holder !== who || (which !== null && lock !== which)) continue;
      const next = this.#blocked.find((each) => each.lock === lock);
      if (!next) {
        this.#locks.delete(lock);
        continue;
      }
      this.#blocked = this.#blocked.filter((each) => each !== next);
      this.#locks.set(lock, next.who);
      this.#stepping++;
      next.grant();
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
