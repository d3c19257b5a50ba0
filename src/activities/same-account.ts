import { type HeldWitness, loadParts, newestHeld } from '../database/index.ts';
import { ExchangeFailure } from '../history/failure.ts';
import { horizonMs, unitOf } from '../history/horizon.ts';
import { isRemoved } from '../history/part-state.ts';
import type { OpenKey, PartReference, Reader } from '../history/ports.ts';
import { intersection, type Range } from '../history/range-set.ts';
import type { Page, ServedRow } from '../history/stream.ts';
import type { Dependencies } from './dependencies.ts';

/**
 * - `same`: a record that we hold was served again, or nothing was read yet that could be mixed up
 * - `other-records`: the key serves another history
 * - `nothing-to-compare`: what we hold is beyond the exchange's reach
 * - `another-id`: the exchange's own ids of the accounts differ
 * - `untold`: the exchange did not answer
 */
export type AccountVerdict = 'same' | 'untold' | 'another-id' | 'other-records' | 'nothing-to-compare';

/** How many of a part's newest records are requested: a single one that the exchange omits must not decide. */
const witnessesPerPart = 3;
/** A comparison that takes longer is repeated later. */
const comparisonMs = 20_000;

/**
 * Whether a key reads the account that we hold, if the exchange does not name it: a stored record must be served again, with
 * the same identity (its order included), time, side, price and size. The two sides of one trade are not one record.
 */
export async function accountVerdict(
  dependencies: Dependencies,
  accountId: string,
  key: OpenKey,
  signal: AbortSignal,
): Promise<AccountVerdict> {
  const timeout = AbortSignal.timeout(comparisonMs);
  const comparison = new Comparison(dependencies, key, AbortSignal.any([signal, timeout]));
  try {
    return await comparison.verdict(await partsOf(dependencies, accountId));
  } catch (error) {
    signal.throwIfAborted();
    if (timeout.aborted) return 'untold';
    throw error;
  }
}

interface HeldPart {
  readonly reference: PartReference;
  /** Its endpoint was gone when it was read last. */
  readonly wasRemoved: boolean;
  readonly witnesses: readonly HeldWitness[];
  /** The newest covered range that the exchange still serves. */
  readonly covered: Range | null;
}

async function partsOf(
  { database, exchange, settings }: Dependencies,
  accountId: string,
): Promise<readonly HeldPart[]> {
  const parts: HeldPart[] = [];
  for (const { stream: name, part, state } of await loadParts(database, accountId)) {
    const stream = exchange.streams.find((candidate) => candidate.name === name);
    if (!stream) continue;
    const reference = { accountId, stream, part };
    const clockMs = exchange.clockMs();
    // In newer time a record may have appeared late.
    const served = { from: horizonMs(stream, clockMs), to: clockMs - settings.rereadWindowMs };
    const newest = intersection(state.covered, [served]).at(-1) ?? null;
    const covered = newest && { from: Math.max(newest.from, newest.to - stream.widestWindowMs / 2), to: newest.to };
    parts.push({
      reference,
      wasRemoved: state.marks.some(isRemoved),
      covered,
      witnesses: await newestHeld(database, reference, witnessesPerPart),
    });
  }
  return parts;
}

class Comparison {
  readonly #reader: Reader;
  readonly #dependencies: Dependencies;
  readonly #signal: AbortSignal;
  #untold = false;

  constructor(dependencies: Dependencies, key: OpenKey, signal: AbortSignal) {
    this.#dependencies = dependencies;
    this.#reader = dependencies.exchange.open(key);
    this.#signal = signal;
  }

  async verdict(parts: readonly HeldPart[]): Promise<AccountVerdict> {
    const held = parts.filter((part) => part.witnesses.length > 0);
    if (held.length === 0) return this.#emptiness(parts);
    // Asked twice, because an exchange may omit a record once.
    const looks = [await this.#witnesses(held), await this.#witnesses(held)];
    if (looks.includes('served')) return 'same';
    if (this.#untold) return 'untold';
    return looks.includes('missing') ? 'other-records' : 'nothing-to-compare';
  }

  async #witnesses(parts: readonly HeldPart[]): Promise<'served' | 'missing' | 'nothing'> {
    let found: 'missing' | 'nothing' = 'nothing';
    for (const part of parts) {
      const { stream } = part.reference;
      const horizon = horizonMs(stream, this.#dependencies.exchange.clockMs());
      for (const witness of part.witnesses) {
        const page = await this.#ask(part, unitOf(witness.atMs, stream.unitMs));
        if (page === null) break;
        const isServed = page.rows.some(
          (row) => row.kind === 'row' && row.key === witness.key && row.fixedDigest === witness.fixedDigest,
        );
        if (isServed) return 'served';
        // Beyond the reach, or in a full page, its absence proves nothing.
        if (witness.atMs >= horizon && page.rows.length < stream.cap) found = 'missing';
      }
    }
    return found;
  }

  /** Without records the claims decide: a key that serves records in time known to have none reads another account. */
  async #emptiness(parts: readonly HeldPart[]): Promise<AccountVerdict> {
    for (const part of parts) {
      const { covered } = part;
      if (covered === null) continue;
      const page = await this.#ask(part, covered);
      const isOurs = (row: ServedRow) => row.kind === 'row' && row.at >= covered.from && row.at < covered.to;
      if (page?.rows.some(isOurs)) return 'other-records';
    }
    return this.#untold ? 'untold' : 'same';
  }

  /** Null if nothing can be learned about the part with this key, or at present. */
  async #ask({ reference: { stream, part }, wasRemoved }: HeldPart, core: Range): Promise<Page | null> {
    try {
      return await this.#reader.ask(stream, { part, core }, this.#signal);
    } catch (error) {
      if (!(error instanceof ExchangeFailure)) throw error;
      const { mayPass, kind, isRefusalOfAll } = error.details;
      // An endpoint that seems to be removed may be back in a moment, unless it was gone when the stream was read last.
      const isToldLater = isRefusalOfAll === 'withdrawn' ? !wasRemoved : !saysNothing.has(kind);
      this.#untold ||= mayPass === true || isToldLater;
      return null;
    }
  }
}

/** Failures that would be the same at another time. */
const saysNothing: ReadonlySet<string> = new Set([
  'refused-stream',
  'not-opened',
  'beyond-reach',
  'unknown-symbol',
  'unexpected',
]);
