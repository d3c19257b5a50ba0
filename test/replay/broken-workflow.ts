import { sleep } from '@temporalio/workflow';
import { linkedAccount as unbroken } from '../../src/workflows/linked-account.ts';
import type { LinkedAccountInput } from '../../src/workflows/messages.ts';

/** Breaks determinism on purpose: a timer that recorded runs never started. */
export async function linkedAccount(input: LinkedAccountInput): Promise<void> {
  await sleep('1s');
  await unbroken(input);
}
