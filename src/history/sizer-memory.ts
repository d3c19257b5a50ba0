import type { Caution } from './foresight.ts';
import type { PartReference } from './ports.ts';
import { WindowSizer } from './window-sizer.ts';

/**
 * What one process has learnt about interrupted reads: the next attempt cuts its windows with it instead of searching the same
 * bursts again. Lost with the process, which only costs a few requests.
 */
export class SizerMemory {
  readonly #caution: Caution | undefined;
  readonly #sizers = new Map<string, { readonly readEndMs: number; readonly sizer: WindowSizer }>();

  constructor(caution?: Caution) {
    this.#caution = caution;
  }

  /** The sizer of this read, or a new one. It is returned once: two attempts never share it. */
  take(reference: PartReference, read: { readonly readEndMs: number; readonly fittingWindowMs: number | null }) {
    const name = nameOf(reference);
    const known = this.#sizers.get(name);
    this.#sizers.delete(name);
    if (known?.readEndMs === read.readEndMs) return known.sizer;
    return new WindowSizer(reference.stream, read.fittingWindowMs, this.#caution);
  }

  keep(reference: PartReference, readEndMs: number, sizer: WindowSizer): void {
    const [oldest] = this.#sizers.keys();
    if (this.#sizers.size >= readsAtMost && oldest !== undefined) this.#sizers.delete(oldest);
    this.#sizers.set(nameOf(reference), { readEndMs, sizer });
  }
}

const readsAtMost = 200;

function nameOf({ accountId, stream, part }: PartReference): string {
  return `${accountId}/${stream.name}/${part}`;
}
