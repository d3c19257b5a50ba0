/** Rows of many accounts, by account, in their order. (`Map.groupBy` is younger than Node 20, on which clients may run.) */
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
