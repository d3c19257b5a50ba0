import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AssetBook, type Book, reconcile } from '../../src/books/reconcile.ts';
import { loadBook } from '../../src/database/index.ts';
import { migratedDatabase, type TestDatabase } from '../database/support.ts';
import { checkerMutants } from './checker-mutants.ts';
import { lastReadMs, type SimulatedAccount, simulatedAccount } from './simulated-books.ts';

/** Records that the exchange never serves, in accounts with every kind of movement; and mutants of the checker itself. */
/** `BOOKS=1000` for the whole proof. */
const accounts = Number(process.env.BOOKS ?? 400);
const readWallets = new Set(['spot', 'futures']);

let database: TestDatabase;
const simulated: { readonly account: SimulatedAccount; readonly book: Book }[] = [];

beforeAll(async () => {
  database = await migratedDatabase();
  for (let seed = 1; seed <= accounts; seed++) {
    const account = await simulatedAccount(database, seed);
    simulated.push({ account, book: await loadBook(database, account.accountId) });
  }
}, 240_000);
afterAll(() => database.close());

test('every planted loss is found and dated within one interval, and everything else balances', () => {
  const result = judge(simulated, reconcile);
  console.log(
    `reconciliation: ${accounts} accounts, ${result.assets} balances, ${result.planted} losses planted, ` +
      `${result.found} found, ${result.misdated.length} misdated, ${result.falseAlarms.length} false alarms`,
  );
  expect(result.planted).toBeGreaterThan(accounts / 3);
  expect(result.missed).toEqual([]);
  expect(result.misdated).toEqual([]);
  expect(result.falseAlarms).toEqual([]);
});

test('every mutant of the checker is caught', async () => {
  const some = simulated.slice(0, 150);
  const survivors: string[] = [];
  for (const { name, build } of checkerMutants) {
    const { loadBook: mutantBook, reconcile: mutant } = await build();
    const isCaughtBy = async ({ account, book }: (typeof simulated)[number]) => {
      const read = mutantBook ? await mutantBook(database, account.accountId) : book;
      const { missed, falseAlarms, misdated } = judge([{ account, book: read }], mutant ?? reconcile);
      return missed.length + falseAlarms.length + misdated.length > 0;
    };
    if (!(await isTrueOfOne(some, isCaughtBy))) survivors.push(name);
  }
  expect(survivors).toEqual([]);
}, 240_000);

async function isTrueOfOne<Item>(items: readonly Item[], isTrue: (item: Item) => Promise<boolean>): Promise<boolean> {
  for (const item of items) if (await isTrue(item)) return true;
  return false;
}

function judge(read: typeof simulated, check: typeof reconcile) {
  const missed: string[] = [];
  const falseAlarms: string[] = [];
  let found = 0;
  const misdated: string[] = [];
  let planted = 0;
  let assets = 0;
  for (const { account, book } of read) {
    const losses = new Map(account.losses.map((loss) => [`${loss.wallet}/${loss.asset}`, loss]));
    planted += losses.size;
    const answered = check(book, (_, { to }) => (to > lastReadMs ? ['not-read-yet'] : []));
    for (const { wallet, asset, verdict } of answered.filter((each) => each.wallet === 'isolated-margin')) {
      const name = `${wallet}/${asset}`;
      if (verdict !== 'not-comparable') falseAlarms.push(`${account.accountId} ${name} ${verdict}`);
    }
    for (const asset of answered.filter((each) => readWallets.has(each.wallet))) {
      assets++;
      const name = `${asset.wallet}/${asset.asset}`;
      const loss = losses.get(name);
      losses.delete(name);
      if (loss === undefined) {
        if (asset.verdict !== 'balanced') falseAlarms.push(`${account.accountId} ${name} ${asset.verdict}`);
      } else if (asset.verdict !== 'unexplained') missed.push(`${account.accountId} ${name} ${asset.verdict}`);
      else {
        found++;
        if (!isDated(asset, loss.atMs)) misdated.push(`${account.accountId} ${name}`);
      }
    }
    missed.push(...[...losses.keys()].map((name) => `${account.accountId} ${name} is not reported`));
  }
  return { missed, falseAlarms, found, misdated, planted, assets };
}

/** One interval, and the loss lies in it. */
function isDated({ unexplained }: AssetBook, atMs: number): boolean {
  const [interval] = unexplained;
  return unexplained.length === 1 && interval !== undefined && interval.fromMs <= atMs && atMs <= interval.toMs;
}
