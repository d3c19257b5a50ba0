import { BoxDoesNotOpen } from '../credentials/open.ts';
import { seal } from '../credentials/seal.ts';
import {
  type Account,
  compareRecords,
  findMergedAccount,
  loadAccount,
  loadKeys,
  type MovedKey,
  mergeAccounts,
} from '../database/index.ts';
import { gapsOf } from '../history/gaps.ts';
import { mergeParts } from '../history/merge-parts.ts';
import { describeProblem } from '../problems/describe-problem.ts';
import type { MergeRefusal, MergeResult } from '../workflows/messages.ts';
import type { Activities } from './contract.ts';
import type { Dependencies } from './dependencies.ts';
import { whileAlive } from './heartbeats.ts';

/** Merges two accounts of the same owner. Refused if the two are demonstrably different exchange accounts. Idempotent. */
export function createMergeAccounts(dependencies: Dependencies): Activities['mergeAccounts'] {
  return ({ from, into }) => whileAlive(() => merge(dependencies, from, into));
}

async function merge(dependencies: Dependencies, from: string, into: string): Promise<MergeResult> {
  const { database, exchange, settings } = dependencies;
  const [mine, theirs] = await Promise.all([loadAccount(database, from), loadAccount(database, into)]);
  if (mine === null) return merged(dependencies, from, into);
  if (theirs === null || theirs.ownerId !== mine.ownerId || theirs.exchange !== mine.exchange) return refused('gone');
  const refusal = await difference(dependencies, mine, theirs);
  if (refusal !== null) return refused(refusal);
  await mergeAccounts(database, {
    from,
    into,
    streams: exchange.streams,
    mergeParts: (one, other, stream) => mergeParts(one, other, stream, settings),
    gapsOf: (state, part) => gapsOf(state, part.stream, exchange.clockMs()),
    keys: await resealedKeys(dependencies, mine, into),
  });
  return merged(dependencies, from, into);
}

/** What came of it, also for an attempt that follows one whose answer was lost. */
async function merged({ database }: Dependencies, from: string, into: string): Promise<MergeResult> {
  const known = await findMergedAccount(database, from);
  if (known?.mergedInto !== into) return refused('gone');
  const { moved, dropped, conflicts } = known;
  return { outcome: 'merged', accountId: into, moved, dropped, conflicts };
}

/** What shows that two accounts are different; null if nothing does. */
async function difference(
  { database, exchange }: Dependencies,
  mine: Account,
  theirs: Account,
): Promise<MergeRefusal | null> {
  const [one, other] = [mine, theirs].map((account) => account.exchangeAccountId ?? account.sharedExchangeAccountId);
  if (one && other) return one === other ? null : 'another-id';
  const { equal, different } = await compareRecords(database, exchange.streams, [mine.accountId, theirs.accountId]);
  return equal === 0 && different > 0 ? 'other-records' : null;
}

/** A sealed key may move between accounts of its owner; it holds the id of its account. */
async function resealedKeys(
  { database, opener }: Dependencies,
  { accountId: from, ownerId }: Account,
  accountId: string,
): Promise<readonly MovedKey[]> {
  const keys = await loadKeys(database, from);
  return Promise.all(
    keys.map(async ({ keyId, sealed, fingerprint }) => {
      try {
        const credentials = await opener.open({ sealed, ownerId, keyId, fingerprint });
        const publicKey = opener.publicKey();
        return { keyId, sealed: await seal({ publicKey, ownerId, accountId, keyId, credentials }) };
      } catch (error) {
        // Moved unchanged: it opens once the ring has its key pair again.
        if (error instanceof BoxDoesNotOpen) return { keyId, sealed };
        throw error;
      }
    }),
  );
}

function refused(reason: MergeRefusal): MergeResult {
  const difference = reason === 'gone' ? undefined : reason;
  const problem = describeProblem({ code: 'different-account', facts: difference ? { difference } : {} });
  return { outcome: 'refused', reason, message: problem.message };
}
