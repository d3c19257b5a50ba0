import type { PartReference } from '../history/ports.ts';
import type { Range } from '../history/range-set.ts';
import type { Database } from './database.ts';
import { instantText } from './instants.ts';
import { recordStatements } from './record-statements.ts';
import { identityArrays, storedKey } from './record-values.ts';

/** Keys of the rows stored within a range: what the right account's key must be served again. */
export async function heldWithin(database: Database, part: PartReference, range: Range): Promise<readonly string[]> {
  const { table } = part.stream;
  const scope = table.hasPart ? [part.accountId, part.part] : [part.accountId];
  const { rows } = await database.pool.query<Record<string, unknown>>({
    ...recordStatements(table).held(null),
    values: [...scope, instantText(range.from), instantText(range.to), ...identityArrays(table, [])],
  });
  return rows.map((row) => storedKey(table, row));
}
