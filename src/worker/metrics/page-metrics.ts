import type { MetricMeter } from '@temporalio/common';
import { latestMs } from '../../history/late-rows.ts';
import type { HistoryStore } from '../../history/ports.ts';

/** Metrics of reading: pages by verdict, rows by outcome, and the time to store a page. */
export function createPageMetrics(meter: MetricMeter) {
  const pages = meter.createCounter('bitmart_sync_pages_total', '', 'Pages stored, by what they prove');
  const rows = meter.createCounter('bitmart_sync_rows_total', '', 'Rows served, by what became of them');
  const commits = meter.createHistogram(
    'bitmart_sync_commit_seconds',
    'float',
    's',
    'How long one page takes to be merged and stored, in one transaction',
  );
  const late = meter.createHistogram(
    'bitmart_sync_late_record_seconds',
    'float',
    's',
    'How long after a stretch was read a record of it appeared; the longest of each page',
  );
  return {
    /** The same store, with its pages counted. */
    measured(store: HistoryStore): HistoryStore {
      return {
        ...store,
        async commitPage(part, fence, page, decide) {
          const startedMs = performance.now();
          let lateMs: number | null = null;
          const outcome = await store.commitPage(part, fence, page, (state, held) => {
            const decision = decide(state, held);
            lateMs = latestMs(state, decision.insert, page.clockMs);
            return decision;
          });
          const stream = part.stream.name;
          commits.record((performance.now() - startedMs) / 1_000, { stream });
          const { decision } = outcome;
          pages.add(1, { stream, verdict: decision.verdict.kind });
          rows.add(decision.insert.length, { stream, outcome: 'inserted' });
          rows.add(decision.change.length, { stream, outcome: 'changed' });
          rows.add(decision.unchanged, { stream, outcome: 'unchanged' });
          rows.add(decision.quarantine.length, { stream, outcome: 'quarantined' });
          if (lateMs !== null) late.record(lateMs / 1_000, { stream });
          return outcome;
        },
      };
    },
  };
}
