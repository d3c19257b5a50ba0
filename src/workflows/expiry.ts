import { ActivityFailure, isCancellation } from '@temporalio/workflow';
import type { AccountRun } from './account-run.ts';
import { activities } from './activity-options.ts';
import { afterExpiryLook } from './after-sync.ts';

/** Records what has expired of an account that is not read; a failed check is due again later. */
export async function noteExpiry(run: AccountRun): Promise<void> {
  try {
    const result = await activities('interactive', 'what has expired').noteExpiry({ accountId: run.accountId });
    run.change(afterExpiryLook(run.state, result, Date.now()));
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    run.change(afterExpiryLook(run.state, null, Date.now()));
  }
}
