import type pg from 'pg';
import type { Sandbox } from '../../sandbox/server.ts';
import { streams } from '../../src/bitmart/streams/index.ts';

export interface Difference {
  /** True records that are not stored as they are, per stream. */
  readonly lost: Readonly<Record<string, number>>;
  /** Stored rows that no true record accounts for: doubled, invented or out of date. */
  readonly surplus: Readonly<Record<string, number>>;
  readonly stored: number;
}

/** Compares every stored row of an account with the exchange's truth, byte by byte. */
export async function compareWithTruth(
  sandbox: Sandbox,
  database: pg.Pool,
  names: { readonly exchangeAccount: string; readonly accountId: string },
): Promise<Difference> {
  const truth = sandbox.exchange.truth(names.exchangeAccount);
  const lost: Record<string, number> = {};
  const surplus: Record<string, number> = {};
  let stored = 0;
  for (const { name: stream, table } of streams) {
    const { rows } = await database.query<{ raw: string }>(
      `select raw::text as raw from ${table.name} where account_id = $1`,
      [names.accountId],
    );
    stored += rows.length;
    const left = new Map<string, number>();
    for (const { raw } of rows) left.set(raw, (left.get(raw) ?? 0) + 1);
    for (const record of truth.filter((candidate) => candidate.stream === stream)) {
      const count = left.get(record.servedText) ?? 0;
      if (count === 0) lost[stream] = (lost[stream] ?? 0) + 1;
      else left.set(record.servedText, count - 1);
    }
    const tooMany = [...left.values()].reduce((sum, count) => sum + count, 0);
    if (tooMany > 0) surplus[stream] = tooMany;
  }
  return { lost, surplus, stored };
}
