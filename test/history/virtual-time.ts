import { setImmediate as whenIdle } from 'node:timers/promises';

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** A clock that jumps to the next thing that happens, so that a backfill of minutes takes no time. */
export class VirtualTime {
  nowMs = 0;
  #sleepers: readonly Sleeper[] = [];

  sleep = (durationMs: number, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> =>
    new Promise((resolve, reject) => {
      const sleeper = { atMs: this.nowMs + durationMs, wake: resolve };
      this.#sleepers = [...this.#sleepers, sleeper];
      const giveUp = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason);
      };
      if (signal?.aborted) giveUp();
      else signal?.addEventListener('abort', giveUp, { once: true });
    });

  /** Lets time pass until the work is done. */
  async through<Result>(work: Promise<Result>): Promise<Result> {
    let isDone = false;
    const finished = work.finally(() => {
      isDone = true;
    });
    finished.catch(() => undefined);
    while (!isDone) {
      await whenIdle();
      const [next] = [...this.#sleepers].sort((a, b) => a.atMs - b.atMs);
      if (isDone || next === undefined) continue;
      this.#sleepers = this.#sleepers.filter((other) => other !== next);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.wake();
    }
    return finished;
  }
}
