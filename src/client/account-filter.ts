import type { AccountFilter as StoredFilter } from '../database/index.ts';
import type { AccountStatus } from '../workflows/messages.ts';
import { instantOf, type Time } from './question.ts';

/** Which accounts are meant; what is left out does not matter. */
export interface AccountFilter {
  /** One or more: any of these. */
  readonly status?: readonly AccountStatus[] | undefined;
  /** History begins to be lost before then, or nothing was read yet. The soonest come first. */
  readonly atRiskBefore?: Time | undefined;
}

export function storedFilter({ status, atRiskBefore }: AccountFilter): StoredFilter {
  if (atRiskBefore === undefined) return { status };
  return { status, atRiskBefore: new Date(instantOf(atRiskBefore, 'atRiskBefore')) };
}
