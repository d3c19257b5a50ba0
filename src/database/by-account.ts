/** Rows of many accounts, grouped by account, in order. (`Map.groupBy` is newer than Node 20, which clients may run on.) */
export function byAccount<Row extends { readonly account_id: string }, Result>(
  rows: readonly Row[],
  resultOf: (row: Row) => Result,
): ReadonlyMap<string, readonly Result[]> {
  const found = new Map<string, Result[]>();
  for (const row of rows) {
    const results = found.get(row.account_id);
    if (results === undefined) found.set(row.account_id, [resultOf(row)]);
    else results.push(resultOf(row));
  }
  return found;
}
