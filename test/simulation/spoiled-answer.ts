import type { Fault, PlannedFault, PlannedRecord } from './plan.ts';
import type { Random } from './random.ts';
import { isList, pairOf } from './streams.ts';
import { isTrade, namesIn, servedText } from './wire.ts';

/** One row of an answer. `record` is null where the row is none of a true record's own. */
export interface ServedText {
  readonly record: PlannedRecord | null;
  /** The record in whose place the row stands. */
  readonly insteadOf?: PlannedRecord;
  readonly text: string;
}

export interface Spoiling {
  readonly fault: Fault;
  readonly random: Random;
  readonly seenAtMs: number;
  /** Everything that could be served, and the most rows that ever are. */
  readonly whole: readonly ServedText[];
  readonly cap: number;
  /** Only a stored row can be contradicted: that a first version is wrong can't be known. */
  isStored(record: PlannedRecord): boolean;
  mayRepeat(record: PlannedRecord): boolean;
}

/** The answer with one row spoiled; null where the fault can't happen to it. */
export function spoiled(answer: readonly ServedText[], spoiling: Spoiling): readonly ServedText[] | null {
  const { fault, random, seenAtMs } = spoiling;
  if (answer.length === 0) return null;
  const place = random.between(0, answer.length - 1);
  const { record, text } = answer[place] as ServedText;
  if (record === null) return null;
  const instead = (spoilt: Readonly<Record<string, string>>) =>
    answer.with(place, { record: null, insteadOf: record, text: servedText(record, seenAtMs, spoilt) });
  const names = namesIn(record);
  switch (fault) {
    case 'malformed-row': {
      const malformed = [
        [names.id, ''],
        [names.time, 'yesterday'],
        [names.amount, '1,5e'],
      ] as const;
      const [name, value] = random.pick(malformed);
      return instead({ [name]: value });
    }
    case 'foreign-part':
      // Transfers do not say of what they are.
      return record.stream === 'transfers' || isList(record.stream) ? null : instead(foreign(record));
    case 'contradicts':
      // What has no id is known by everything that it says: with another amount it is another one.
      if (record.stream === 'futures-flows' || isList(record.stream) || !spoiling.isStored(record)) return null;
      // A loan's amount may change.
      return instead(isTrade(record) && pairOf(record) === null ? { [names.amount]: '4242' } : { currency: 'ELSE' });
    case 'repeats-rows':
      if (answer.length >= spoiling.cap || !spoiling.mayRepeat(record)) return null;
      return [...answer, { record, text }];
    case 'too-many-rows':
      return spoiling.whole.length > spoiling.cap ? spoiling.whole : null;
    default:
      return null;
  }
}

/** A row of the other part, or of the other kind of movement. */
function foreign({ stream, part }: PlannedRecord): Readonly<Record<string, string>> {
  if (stream === 'futures-trades' || stream === 'futures-flows') return { account: 'other' };
  if (stream === 'margin-loans') return { symbol: 'ELSE_USDT' };
  if (stream === 'earn-records') return { type: part.endsWith('interest') ? 'redeem' : 'interest' };
  return stream === 'spot-trades' ? { orderMode: 'cross_margin' } : { operation_type: 'else' };
}

/** The faults of one attempt, in the order in which they are due. */
export class PendingFaults {
  readonly #left: PlannedFault[];
  #requests = 0;

  constructor(planned: readonly PlannedFault[]) {
    this.#left = [...planned].sort((a, b) => a.request - b.request);
  }

  /** What is due at this request; `spend` when it really happened. Errors about a symbol need a request for one. */
  next(symbol: string | null): { readonly fault: Fault | null; readonly seed: number; spend(): void } {
    this.#requests++;
    const mayHappen = ({ fault }: PlannedFault) =>
      fault === 'unknown-symbol' ? symbol !== null : fault !== 'clock-unreadable';
    const at = this.#left.findIndex((each) => each.request <= this.#requests && mayHappen(each));
    const due = this.#left[at];
    return { fault: due?.fault ?? null, seed: due?.seed ?? 0, spend: () => void this.#left.splice(at, 1) };
  }

  /** Whether this fault is among them; then it has happened. */
  take(fault: Fault): boolean {
    const at = this.#left.findIndex((each) => each.fault === fault);
    if (at >= 0) this.#left.splice(at, 1);
    return at >= 0;
  }
}
