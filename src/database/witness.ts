import type { PartReference } from '../history/ports.ts';
import type { RecordTable } from '../history/stream.ts';
import type { Database } from './database.ts';
import { identifier, scopeColumns } from './record-statements.ts';
import { storedKey } from './record-values.ts';

/** A stored row that the right account's key must be served again. */
export interface HeldWitness {
  readonly key: string;
  readonly atMs: number;
  readonly fixedDigest: string;
}

/** The newest rows that a part holds. */
export async function newestHeld(
  database: Database,
  { accountId, part, stream: { table } }: PartReference,
  limit: number,
): Promise<readonly HeldWitness[]> {
  const { rows } = await database.pool.query<Record<string, unknown> & { held_at: Date; fixed_digest: string }>({
    text: newestStatement(table),
    values: [...(table.hasPart ? [accountId, part] : [accountId]), limit],
  });
  return rows.map((row) => ({
    key: storedKey(table, row),
    atMs: row.held_at.getTime(),
    fixedDigest: row.fixed_digest,
  }));
}

/** Parameters: account, the part where the table has parts, limit. */
function newestStatement(table: RecordTable): string {
  const scope = scopeColumns(table);
  const time = identifier(table.timeColumn);
  return `select ${table.identity.map(identifier).join(', ')}, ${time} as held_at, fixed_digest
from ${identifier(table.name)}
where ${scope.map((name, position) => `${name} = $${position + 1}::text`).join(' and ')}
order by ${time} desc limit $${scope.length + 1}`;
}
