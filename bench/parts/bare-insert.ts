import type { Database } from '../../src/database/index.ts';
import type { MappedRow, RecordTable } from '../../src/history/stream.ts';

/**
 * The least that storing rows could cost: one prepared statement a page that inserts from arrays, into a table with the
 * columns and indexes of the real one. It looks at nothing, keeps no evidence and forgets how far it came.
 */
export class BareInsert {
  readonly #database: Database;
  readonly #text: string;
  readonly #table: RecordTable;

  private constructor(database: Database, table: RecordTable) {
    this.#database = database;
    this.#table = table;
    const columns = [...table.columns.map((column) => column.name), 'digest', 'fixed_digest', 'raw'];
    const types = [...table.columns.map((column) => column.type), 'text', 'text', 'json'];
    const arrays = types.map((type, i) => `$${i + 2}::${type}[]`);
    this.#text = `insert into bare_${table.name} (account_id, page_id, revision, ${columns.join(', ')})
      select $1, '00000000-0000-7000-8000-000000000000'::uuid, 1, * from unnest(${arrays.join(', ')})`;
  }

  static async prepare(database: Database, table: RecordTable): Promise<BareInsert> {
    await database.pool.query(`create table bare_${table.name} (like ${table.name} including all)`);
    return new BareInsert(database, table);
  }

  async insert(accountId: string, rows: readonly MappedRow[]): Promise<void> {
    const columns = this.#table.columns.map((_, i) => rows.map((row) => row.values[i] ?? null));
    const implied = [rows.map((row) => row.digest), rows.map((row) => row.fixedDigest), rows.map((row) => row.raw)];
    await this.#database.pool.query({
      name: 'bare-insert',
      text: this.#text,
      values: [accountId, ...columns, ...implied],
    });
  }
}
