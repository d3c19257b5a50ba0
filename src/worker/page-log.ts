import type { HistoryStore } from '../history/ports.ts';
import type { Log } from './log.ts';

/** The same store, with one log line per page: what was requested, what it proved, and BitMart's own trace of it. */
export function loggingPages(store: HistoryStore, log: Log): HistoryStore {
  return {
    ...store,
    async commitPage(part, fence, page, decide) {
      const outcome = await store.commitPage(part, fence, page, decide);
      const { verdict } = outcome.decision;
      log.debug(
        {
          account: part.accountId,
          stream: part.stream.name,
          part: part.part,
          page: outcome.pageId,
          from: new Date(page.question.core.from).toISOString(),
          to: new Date(page.question.core.to).toISOString(),
          rows: page.rows.length,
          verdict: verdict.kind,
          ...(verdict.kind === 'no-evidence' && { reason: verdict.reason }),
          trace: page.trace,
        },
        'page',
      );
      return outcome;
    },
  };
}
