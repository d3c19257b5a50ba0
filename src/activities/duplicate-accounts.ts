import {
  type Account,
  compareRecords,
  listAccounts,
  loadAccount,
  loadProblems,
  replaceSingleProblem,
} from '../database/index.ts';
import { describeProblem } from '../problems/describe-problem.ts';
import type { Dependencies } from './dependencies.ts';

/** One record could be equal by chance, because the scope of ids is not documented; two are no coincidence. */
const minEqualRecords = 2;

/**
 * Checks whether another account of the same owner is the same exchange account, and reports it on both: if BitMart's ids are
 * equal, or all records in the time that both have covered. What no longer holds is withdrawn.
 */
export async function updateDuplicates(dependencies: Dependencies, accountId: string): Promise<void> {
  const { database } = dependencies;
  const account = await loadAccount(database, accountId);
  if (account === null || account.linkedAt === null) return;
  const duplicate = await findDuplicate(dependencies, account);
  if (duplicate !== null) {
    await noteDuplicate(dependencies, account, duplicate);
    await noteDuplicate(dependencies, duplicate, account);
    return;
  }
  const problems = await loadProblems(database, accountId);
  if (problems.some((problem) => problem.code === 'same-account'))
    await replaceSingleProblem(database, accountId, 'same-account', null);
}

async function findDuplicate({ database, exchange }: Dependencies, account: Account): Promise<Account | null> {
  for (const other of await listAccounts(database, account.ownerId)) {
    if (other.accountId === account.accountId || other.linkedAt === null || other.exchange !== account.exchange)
      continue;
    const ids = [account, other].map((one) => one.exchangeAccountId ?? one.sharedExchangeAccountId);
    if (ids[0] && ids[1]) {
      if (ids[0] === ids[1]) return other;
      continue;
    }
    const { equal, different } = await compareRecords(database, exchange.streams, [account.accountId, other.accountId]);
    if (different === 0 && equal >= minEqualRecords) return other;
  }
  return null;
}

/** Never of both orders, so that both accounts name the same duplicate. */
function isOlder(one: Account, other: Account): boolean {
  const olderMs = other.createdAt.getTime() - one.createdAt.getTime();
  return olderMs === 0 ? one.accountId < other.accountId : olderMs > 0;
}

async function noteDuplicate({ database }: Dependencies, account: Account, other: Account): Promise<void> {
  const code = 'same-account';
  const facts = { otherAccountId: other.accountId, isOtherOlder: isOlder(other, account) };
  await replaceSingleProblem(database, account.accountId, code, describeProblem({ code, facts }));
}
