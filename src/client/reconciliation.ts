import type { AssetReconciliation, BalanceAt, Reconciliation } from '../answers/reconciliation.ts';
import { decimalOf, plainText, zero } from '../books/decimal.ts';
import { proofIn } from '../books/proof.ts';
import { type AssetBook, type Point, reconcile } from '../books/reconcile.ts';
import { loadBook, loadParts } from '../database/index.ts';
import { isoTime } from '../history/iso-time.ts';
import type { StoredAccount, StoredAccounts } from './stored-accounts.ts';

/** Whether balances and stored records agree, from Postgres alone. */
export async function reconciliationOf(
  { accountId }: StoredAccount,
  accounts: StoredAccounts,
): Promise<Reconciliation> {
  const nowMs = Date.now();
  const [book, parts, timetable] = await Promise.all([
    accounts.ask(loadBook, accountId),
    accounts.ask(loadParts, accountId),
    accounts.timetable(),
  ]);
  const proof = proofIn(accounts.streams, parts, { nowMs, timetable });
  return { accountId, asOf: isoTime(nowMs), assets: reconcile(book, proof).map(answerOf) };
}

function answerOf(book: AssetBook): AssetReconciliation {
  const { missingInflow: inflow } = book;
  return {
    wallet: book.wallet,
    asset: book.asset,
    from: balanceAt(book.from),
    to: balanceAt(book.to),
    movements: book.movements && plainText(book.movements),
    byKind: Object.fromEntries([...book.byKind].map(([kind, amount]) => [kind, plainText(amount)])),
    difference: book.difference && plainText(book.difference),
    verdict: book.verdict,
    reasons: book.reasons,
    unexplained: book.unexplained.map(({ fromMs, toMs, difference }) => ({
      from: isoTime(fromMs),
      to: isoTime(toMs),
      difference: plainText(difference),
    })),
    missingInflow: inflow && {
      since: isoTime(inflow.firstMs),
      before: isoTime(inflow.lowestMs),
      amount: plainText(decimalOf(inflow.amount) ?? zero),
    },
  };
}

function balanceAt(point: Point | null): BalanceAt {
  return point ? { at: isoTime(point.atMs), balance: plainText(point.balance) } : { at: null, balance: null };
}
