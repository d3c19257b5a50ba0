import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { viewQuery, workflowIdOf } from '../../src/workflows/messages.ts';
import { syncStatus } from '../../src/workflows/search-attribute-keys.ts';
import type { Environment } from './environment.ts';
import type { Person } from './person.ts';

interface AccountRow {
  readonly account_id: string;
  readonly status: string;
  readonly paused: boolean;
  readonly is_linked: boolean;
  readonly event_count: number;
  readonly events: readonly number[];
  readonly in_use: readonly string[];
  readonly candidates: number;
}

/** Whether workflow, Postgres and search attributes say the same of every account, and what was acknowledged. */
export class Agreement {
  readonly #database: pg.Pool;
  readonly #connection: Connection;

  private constructor(database: pg.Pool, connection: Connection) {
    this.#database = database;
    this.#connection = connection;
  }

  static async open({ databaseUrl, temporalAddress }: Environment): Promise<Agreement> {
    const database = new pg.Pool({ connectionString: databaseUrl, options: '-c search_path=bitmart_sync', max: 2 });
    database.on('error', () => {});
    return new Agreement(database, await Connection.connect({ address: temporalAddress, connectTimeout: '60s' }));
  }

  async close(): Promise<void> {
    await this.#connection.close();
    await this.#database.end();
  }

  /** One line per contradiction. */
  async contradictions(person: Person): Promise<string[]> {
    const accounts = await this.#accounts(person.plan.name);
    const found = await Promise.all(accounts.map((account) => this.#ofAccount(account)));
    return [...found.flat(), ...ofExpectation(person, accounts)].map((line) => `${person.plan.name}: ${line}`);
  }

  async #accounts(owner: string): Promise<readonly AccountRow[]> {
    const { rows } = await this.#database.query<AccountRow>(
      `select account_id, status, paused, linked_at is not null and unlinked_at is null as is_linked,
         event_count::int as event_count,
         array(select event_id::int from account_event e where e.account_id = a.account_id order by 1) as events,
         array(select fingerprint from api_key k where k.account_id = a.account_id and state = 'active') as in_use,
         (select count(*)::int from api_key k where k.account_id = a.account_id and state = 'candidate') as candidates
       from account a where owner_id = $1 order by created_at`,
      [owner],
    );
    return rows;
  }

  async #ofAccount(account: AccountRow): Promise<string[]> {
    const { account_id: id, status, events, event_count: count, in_use: inUse, candidates } = account;
    const found: string[] = [];
    const expectedEvents = Array.from({ length: count }, (_, place) => place + 1);
    if (events.join() !== expectedEvents.join()) found.push(`events ${events.join()} of ${count}`);
    const handle = new Client({ connection: this.#connection }).workflow.getHandle(workflowIdOf(id));
    const described = await handle.describe().catch(() => null);
    const workflow = described?.status.name ?? 'MISSING';
    if (!account.is_linked) {
      if (inUse.length > 0) found.push(`${inUse.length} keys of an account that is ${status}`);
      if (workflow === 'RUNNING') found.push(`its workflow runs although it is ${status}`);
      return found;
    }
    if (inUse.length !== 1) found.push(`${inUse.length} keys in use`);
    // One that came before the key in use is discarded by a sync, so not while the account is paused.
    if (candidates > 0 && !account.paused) found.push(`${candidates} keys wait to be checked`);
    if (workflow !== 'RUNNING') return [...found, `linked, and its workflow is ${workflow}`];
    const shown = described?.typedSearchAttributes.get(syncStatus);
    const view = await handle.query(viewQuery).catch((error: unknown) => ({ status: String(error) }));
    if (shown !== status || view.status !== status) {
      found.push(`Postgres says ${status}, the workflow ${view.status}, the search attribute ${shown}`);
    }
    if (account.paused !== (status === 'paused')) found.push(`${status}, and paused is ${account.paused}`);
    if (status !== 'live' && status !== 'paused') found.push(`still ${status}`);
    return found;
  }
}

function ofExpectation({ expected, plan }: Person, accounts: readonly AccountRow[]): string[] {
  const { isLinked, isPaused, keys, isMerged } = expected;
  const linked = accounts.filter((account) => account.is_linked);
  const most = plan.isAnonymous && !isMerged ? 2 : 1;
  if (linked.length > most) return [`${linked.length} accounts of one exchange account`];
  if (isLinked === true && linked.length === 0) return ['linked, as was acknowledged, and no account is'];
  if (isLinked === false && linked.length > 0) return ['unlinked, as was acknowledged, and an account is linked'];
  const [account] = linked;
  if (account === undefined) return [];
  const found: string[] = [];
  if (isPaused !== null && account.paused !== isPaused) {
    found.push(`the last acknowledged command was ${isPaused ? 'pause' : 'resume'}, and paused is ${account.paused}`);
  }
  if (keys !== null && !plan.isAnonymous && !account.in_use.some((key) => keys.includes(key))) {
    found.push('the key in use is not the newest that was stored');
  }
  return found;
}
