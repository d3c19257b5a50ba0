import type { ReadBudget } from './part-reading.ts';

/** A budget of pages and time, by a clock that tests may turn. */
export function createBudget(
  limit: { readonly pages: number; readonly durationMs: number },
  now: () => number = Date.now,
): ReadBudget {
  const startedMs = now();
  let pages = 0;
  return {
    spend(count) {
      pages += count;
    },
    spent: () => pages >= limit.pages || now() - startedMs >= limit.durationMs,
    left: () => Math.max(0, limit.pages - pages),
  };
}

/** The same budget, of which one page is left in any case. */
export function withOnePage(budget: ReadBudget): ReadBudget {
  let isUnused = true;
  return {
    spend: (pages) => {
      isUnused = false;
      budget.spend(pages);
    },
    spent: () => !isUnused && budget.spent(),
    left: () => Math.max(isUnused ? 1 : 0, budget.left()),
  };
}
