import { gapsOf } from '../../src/history/gaps.ts';
import { createBudget } from '../../src/history/part-reading.ts';
import type { PartState } from '../../src/history/part-state.ts';
import { readAccount } from '../../src/history/read-account.ts';
import { readRange } from '../../src/history/read-range.ts';
import { MemoryStore } from '../simulation/memory-store.ts';
import { settings } from './pages.ts';
import type { ScriptedExchange } from './scripted-exchange.ts';

/** One account that reads the stream of a scripted exchange into memory. */
export function accountOf(exchange: ScriptedExchange) {
  const { stream } = exchange;
  const [part] = stream.parts as [string];
  const accountId = 'account';
  const store = new MemoryStore();
  const reference = { accountId, stream, part };
  const account = { keyId: 'key', settings, doubtsRemoval: false };
  const context = (pages: number) => ({
    exchange,
    reader: exchange.open(),
    keyId: account.keyId,
    store,
    settings: account.settings,
    doubtsRemoval: account.doubtsRemoval,
    budget: createBudget({ pages, durationMs: 1e12 }, () => 0),
    signal: new AbortController().signal,
  });
  const state = (): PartState => store.part(reference).state;
  return Object.assign(account, {
    context,
    state,
    store,
    reference,
    rows: () => store.part(reference).rows.size,
    gaps: () => gapsOf(state(), stream, exchange.atMs),
    /** A whole sync, in attempts of so many pages; answers with what stopped it, and how many attempts it took. */
    async sync(pages = 1_000, finishedBefore: readonly string[] = []) {
      let finished = finishedBefore;
      for (let attempts = 1; attempts < 3_000; attempts++) {
        const [result] = await readAccount(context(pages), { accountId, streams: [stream], finished });
        if (result === undefined || result.done || result.blocked) return { ...result, attempts };
        finished = result.finished;
      }
      throw new Error('The sync does not come to an end.');
    },
    async range(from: number, to: number, pages = 1_000) {
      for (let chunks = 1; chunks < 3_000; chunks++) {
        const read = await readRange(context(pages), reference, { from, to, isFirst: chunks === 1 });
        if (read.nextMs === null) return { ...read, chunks };
      }
      throw new Error('The range does not come to an end.');
    },
  });
}
