import { isFull } from './judge-page.ts';
import { change, commit, type PartReading } from './part-reading.ts';
import { disclaimed, type GapReason, type PartState } from './part-state.ts';
import { difference } from './range-set.ts';
import type { Page, Split } from './stream.ts';

/**
 * One unit of time that is still full can't be cut by time any more. It is divided by what its records differ in:
 * exhaustively where all values are known (that proves the unit), then by every value seen (that stores rows and proves
 * nothing: the unit stays a gap `too-dense`).
 */
export async function divideUnit(reading: PartReading, full: Page): Promise<PartState> {
  for (const split of reading.reference.stream.splits) {
    if (split.exhaustiveValues === null) await askEveryKnownValue(reading, full, split);
    else {
      const proved = await askExhaustively(reading, full, split.column, split.exhaustiveValues);
      if (proved) return proved;
    }
  }
  return await markUnit(reading, full, 'too-dense');
}

/** The state after the unit was proved, or null when one value alone fills a page. */
async function askExhaustively(
  reading: PartReading,
  full: Page,
  column: string,
  values: readonly string[],
): Promise<PartState | null> {
  const keys = new Set<string>();
  let everyAnswerShort = true;
  let everyRowReadable = true;
  for (const [i, value] of values.entries()) {
    const page = await ask(reading, full, column, value);
    const last = i === values.length - 1;
    const short = !isFull(page, reading.reference.stream);
    const proving = last && short && everyAnswerShort && everyRowReadable;
    const { decision } = await commit(reading, page, proving ? { keys } : undefined);
    if (decision.verdict.kind === 'proves') return decision.state;
    everyAnswerShort &&= short && decision.verdict.kind !== 'no-evidence';
    everyRowReadable &&= decision.quarantine.length === 0;
    for (const row of page.rows) if (row.kind === 'row') keys.add(row.key);
  }
  return everyAnswerShort && !everyRowReadable ? await markUnit(reading, full, 'quarantined') : null;
}

async function askEveryKnownValue(reading: PartReading, full: Page, split: Split): Promise<void> {
  const values = await reading.store.knownValues(reading.reference, split.column);
  for (const value of values) await commit(reading, await ask(reading, full, split.column, value));
}

async function ask(reading: PartReading, full: Page, column: string, value: string): Promise<Page> {
  reading.budget.spend(1);
  const question = { ...full.question, split: { column, value } };
  return await reading.reader.ask(reading.reference.stream, question, reading.signal);
}

async function markUnit(reading: PartReading, full: Page, reason: GapReason): Promise<PartState> {
  const { core } = full.question;
  return await change(reading, (state) => {
    // Whatever an earlier answer proved: there is more now, and not all of it can be seen.
    return disclaimed({ ...state, pending: difference(state.pending, [core]) }, [core], reason);
  });
}
