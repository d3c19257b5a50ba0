import type { Database } from './database.ts';

/** Rows of one stream that can't be read, for one reason, and that nothing has settled yet. */
export interface RowsAside {
  readonly stream: string;
  readonly reason: string;
  readonly rows: number;
}

/** What stands aside of an account: most rows first within each stream. */
export async function loadRowsAside(database: Database, accountId: string): Promise<readonly RowsAside[]> {
  return database.kysely
    .selectFrom('quarantined_row')
    .select(({ fn }) => ['stream', 'reason', fn.countAll<number>().as('rows')])
    .where('account_id', '=', accountId)
    .where('resolved_at', 'is', null)
    .groupBy(['stream', 'reason'])
    .orderBy('stream')
    .orderBy('rows', 'desc')
    .orderBy('reason')
    .execute();
}
