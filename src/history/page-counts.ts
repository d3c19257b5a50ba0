export interface PageCounts {
  readonly pages: number;
  readonly served: number;
  readonly inserted: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly quarantined: number;
}

export const noPages: PageCounts = { pages: 0, served: 0, inserted: 0, changed: 0, unchanged: 0, quarantined: 0 };

export function totalOf(counts: readonly PageCounts[]): PageCounts {
  return counts.reduce(
    (total, each) => ({
      pages: total.pages + each.pages,
      served: total.served + each.served,
      inserted: total.inserted + each.inserted,
      changed: total.changed + each.changed,
      unchanged: total.unchanged + each.unchanged,
      quarantined: total.quarantined + each.quarantined,
    }),
    noPages,
  );
}
