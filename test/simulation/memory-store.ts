import { newPartState, type PartState } from '../../src/history/part-state.ts';
import {
  type DecidePage,
  FenceLost,
  type HeldRow,
  type HistoryStore,
  type PageDecision,
  type PageOutcome,
  type PartReference,
  type Replays,
  type StoredAnswer,
} from '../../src/history/ports.ts';
import { covers, type Range, rangeSet } from '../../src/history/range-set.ts';
import { type MappedRow, madeAtMs, type Page, type RecordTable, type Stream } from '../../src/history/stream.ts';

export interface MemoryPart {
  fence: number;
  state: PartState;
  readonly rows: Map<string, MappedRow>;
  /** The exchange's clock of the answer that last changed a row, by key. */
  readonly changedAtMs: Map<string, number>;
  /** Texts of rows that are or were quarantined. */
  readonly quarantined: Set<string>;
  /** By reason and text, as Postgres tells them apart. */
  readonly aside: Map<string, RowAside>;
}

interface RowAside {
  readonly answer: StoredAnswer;
  readonly at: number | null;
  mappingVersion: number;
  resolved: boolean;
}

/** The in-memory counterpart of the Postgres store: the same promises, no disk. */
export class MemoryStore implements HistoryStore {
  readonly #parts = new Map<string, MemoryPart>();
  /** Called with every page that is stored. */
  observe: (reference: PartReference, page: Page, decision: PageDecision) => void = () => {};

  async openPart(reference: PartReference) {
    const stored = this.part(reference);
    stored.fence++;
    return { fence: stored.fence, state: stored.state, hasReplays: outdated(stored, reference).length > 0 };
  }

  async commitPage(reference: PartReference, fence: number, page: Page, decide: DecidePage): Promise<PageOutcome> {
    const stored = this.#fenced(reference, fence);
    const decision = decide(stored.state, heldRows(stored, page, reference.stream.table));
    write(stored, decision, page, reference.stream);
    this.observe(reference, page, decision);
    return { decision, pageId: null };
  }

  async changePart(reference: PartReference, fence: number, change: (state: PartState) => PartState) {
    const stored = this.#fenced(reference, fence);
    stored.state = change(stored.state);
    return stored.state;
  }

  async knownValues(reference: PartReference, column: string) {
    const at = reference.stream.table.columns.findIndex((candidate) => candidate.name === column);
    return [...new Set([...this.part(reference).rows.values()].map((row) => String(row.values[at])))].sort();
  }

  async changingRecords(reference: PartReference) {
    return [...this.part(reference).rows.values()].filter((row) => !row.final).map((row) => row.at);
  }

  part(
    reference: Pick<PartReference, 'accountId' | 'part'> & { readonly stream: { readonly name: string } },
  ): MemoryPart {
    const name = `${reference.accountId}/${reference.stream.name}/${reference.part}`;
    const found = this.#parts.get(name);
    if (found) return found;
    const fresh: MemoryPart = {
      fence: 0,
      state: newPartState,
      rows: new Map(),
      changedAtMs: new Map(),
      quarantined: new Set(),
      aside: new Map(),
    };
    this.#parts.set(name, fresh);
    return fresh;
  }

  #fenced(reference: PartReference, fence: number): MemoryPart {
    const stored = this.part(reference);
    if (stored.fence !== fence) throw new FenceLost(reference);
    return stored;
  }

  /** Quarantined rows, read again by the present mapping. */
  replays(pageOf: Replays['pageOf']): Replays {
    return {
      pageOf,
      answers: async (reference) => [
        ...new Map(outdated(this.part(reference), reference).map(({ answer }) => [answer.pageId, answer])).values(),
      ],
      commit: async (reference, fence, { answer, page }, decide) => {
        const stored = this.#fenced(reference, fence);
        const { mappingVersion } = reference.stream;
        const open = [...stored.aside.values()].filter(({ resolved }) => !resolved);
        const elsewhere = open.filter((row) => row.answer.pageId !== answer.pageId);
        const decision = decide(
          stored.state,
          heldRows(stored, page, reference.stream.table),
          rangeSet(elsewhere.map(rangeOf)),
        );
        write(stored, decision, page, reference.stream);
        const still = new Set(decision.quarantine.map(nameOf));
        for (const [name, row] of stored.aside) {
          if (row.answer.pageId !== answer.pageId || row.resolved || row.mappingVersion === mappingVersion) continue;
          row.mappingVersion = mappingVersion;
          row.resolved = !still.has(name);
        }
        return { decision, pageId: null };
      },
    };
  }
}

function outdated({ aside }: MemoryPart, { stream }: PartReference): readonly RowAside[] {
  return [...aside.values()].filter((row) => !row.resolved && row.mappingVersion !== stream.mappingVersion);
}

function rangeOf({ at, answer }: RowAside): Range {
  return at === null ? answer.question.core : { from: at, to: at + 1 };
}

function nameOf({ reason, raw }: { readonly reason: string; readonly raw: string }): string {
  return `${reason} ${raw}`;
}

function heldRows(stored: MemoryPart, page: Page, table: RecordTable): HeldRow[] {
  const { core, split } = page.question;
  const splitAt = table.columns.findIndex(({ name }) => name === split?.column);
  const held = new Set<MappedRow>();
  for (const row of page.rows) {
    const known = row.kind === 'row' ? stored.rows.get(row.key) : undefined;
    if (known) held.add(known);
  }
  for (const row of stored.rows.values()) if (row.at >= core.from && row.at < core.to) held.add(row);
  return [...held].map(({ key, at, digest, fixedDigest, values }) => ({
    key,
    at,
    digest,
    fixedDigest,
    changedAtMs: stored.changedAtMs.get(key) ?? null,
    splitValue: splitAt < 0 ? null : String(values[splitAt]),
  }));
}

function write(stored: MemoryPart, decision: PageDecision, page: Page, { table, mappingVersion }: Stream): void {
  const { insert, change, unchanged, quarantine } = decision;
  if (insert.length + change.length + unchanged + quarantine.length !== page.rows.length) {
    throw new Error('the four counts do not add up to the rows served');
  }
  for (const row of insert) {
    if (stored.rows.has(row.key)) throw new Error(`inserted twice: ${row.key}`);
    stored.rows.set(row.key, row);
  }
  for (const row of [...insert, ...change]) stored.changedAtMs.set(row.key, madeAtMs(page));
  for (const row of change) stored.rows.set(row.key, withSnapshots(row, stored.rows.get(row.key), table));
  keepAside(stored, decision, page, mappingVersion);
  stored.state = decision.state;
}

function keepAside(stored: MemoryPart, decision: PageDecision, page: Page, mappingVersion: number): void {
  pages++;
  const answer: StoredAnswer = { ...page, clockMs: madeAtMs(page), pageId: `${pages}`, verdict: decision.verdict.kind };
  for (const row of decision.quarantine) {
    stored.quarantined.add(row.raw);
    const known = stored.aside.get(nameOf(row));
    if (known && !known.resolved) continue;
    stored.aside.set(nameOf(row), { answer, at: row.at, mappingVersion, resolved: false });
  }
  // What is proved by now, by any page, is no longer in the way.
  for (const row of stored.aside.values()) {
    if (!row.resolved && covers(decision.state.covered, rangeOf(row))) row.resolved = true;
  }
}

let pages = 0;

/** What was taken from elsewhere when the row was first stored stays. */
function withSnapshots(row: MappedRow, before: MappedRow | undefined, table: RecordTable): MappedRow {
  if (!before || !table.columns.some(({ snapshot }) => snapshot)) return row;
  const values = row.values.map((value, i) => (table.columns[i]?.snapshot ? (before.values[i] ?? value) : value));
  return { ...row, values };
}
