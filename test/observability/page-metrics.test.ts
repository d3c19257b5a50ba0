import type { MetricMeter } from '@temporalio/common';
import { expect, test } from 'vitest';
import { newPartState } from '../../src/history/part-state.ts';
import type { HistoryStore, PageDecision, PartReference } from '../../src/history/ports.ts';
import type { MappedRow, Page } from '../../src/history/stream.ts';
import { createPageMetrics } from '../../src/worker/metrics/page-metrics.ts';

const noted: [name: string, value: number, labels: object][] = [];
const note = (name: string) => (value: number, labels: object) => void noted.push([name, value, labels]);
const meter = {
  createCounter: (name: string) => ({ add: note(name) }),
  createHistogram: (name: string) => ({ record: note(name) }),
} as unknown as MetricMeter;

test('a new record in time that was read before is late by its age; one in new time is not', async () => {
  const state = { ...newPartState, covered: [{ from: 0, to: 1_000_000 }] };
  const store: Pick<HistoryStore, 'commitPage'> = {
    commitPage: async (_part, _fence, _page, decide) => ({ decision: decide(state, []), pageId: null }),
  };
  const measured = createPageMetrics(meter).measured(store as HistoryStore);
  const part = { accountId: 'a', stream: { name: 'deposits' }, part: 'all' } as unknown as PartReference;
  const commit = (at: number) =>
    measured.commitPage(part, 1, { clockMs: 1_500_000 } as Page, () => {
      const insert = [{ at } as MappedRow];
      return {
        verdict: { kind: 'proves' },
        insert,
        change: [],
        unchanged: 0,
        quarantine: [],
        state,
      } as unknown as PageDecision;
    });
  await commit(900_000);
  await commit(1_200_000);
  const late = noted.filter(([name]) => name === 'bitmart_sync_late_record_seconds');
  expect(late).toEqual([['bitmart_sync_late_record_seconds', 600, { stream: 'deposits' }]]);
  const inserted = noted.filter(([name, value]) => name === 'bitmart_sync_rows_total' && value > 0);
  expect(inserted).toHaveLength(2);
});
