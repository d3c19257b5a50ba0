import type { Caution } from './foresight.ts';
import type { PartReference } from './ports.ts';
import { WindowSizer } from './window-sizer.ts';

/**
 * What the attempts of one process have learnt about reads that were interrupted: the next attempt cuts its windows with it
 * instead of finding the same bursts again. Lost with the process, which costs a few requests and nothing else.
 */
export class SizerMemory {
  readonly #caution: Caution | undefined;
  readonly #sizers = new Map<string, { readonly readEndMs: number; readonly sizer: WindowSizer }>();

  constructor(caution?: Caution) {
    this.#caution = caution;
  }

  /** The sizer of this very read, or a new one. It is handed out once: two attempts never share it. */
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
