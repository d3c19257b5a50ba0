/**
 * How long this thread's event loop was held at a time. The time between two ticks of a timer counts only as far as this thread
 * itself worked in it: time taken by another process of a busy machine is not counted as a stall.
 */
export class LoopStalls {
  readonly #timer: NodeJS.Timeout;
  #atMs = performance.now();
  #cpuMs = threadCpuMs();
  #longestMs = 0;

  constructor() {
    this.#timer = setInterval(() => this.#tick(), tickMs);
  }

  #tick(): void {
    const [atMs, cpuMs] = [performance.now(), threadCpuMs()];
    this.#longestMs = Math.max(this.#longestMs, Math.min(atMs - this.#atMs, cpuMs - this.#cpuMs) - tickMs);
    this.#atMs = atMs;
    this.#cpuMs = cpuMs;
  }

  /** What the test itself does is no work of ours. */
  leaveOut(act: () => void): void {
    const [atMs, cpuMs] = [performance.now(), threadCpuMs()];
    act();
    this.#atMs += performance.now() - atMs;
    this.#cpuMs += threadCpuMs() - cpuMs;
  }

  /** The longest so far; what went before is forgotten. */
  takeLongestMs(): number {
    this.#tick();
    const longestMs = this.#longestMs;
    this.#longestMs = 0;
    return longestMs;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

const tickMs = 2;

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
