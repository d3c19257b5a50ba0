import type { ReadContext } from '../../src/history/part-reading.ts';
import { readAccount, type StreamResult } from '../../src/history/read-account.ts';
import type { Stream } from '../../src/history/stream.ts';

export { createBudget } from '../../src/history/part-reading.ts';

/** Reads one stream alone, with the same key each time unless the context says otherwise. */
export async function readStream(
  context: Omit<ReadContext, 'keyId'> & { readonly keyId?: string },
  accountId: string,
  stream: Stream,
  finished: readonly string[] = [],
): Promise<StreamResult> {
  const [result] = await readAccount({ keyId: 'key', ...context }, { accountId, streams: [stream], finished });
  return result as StreamResult;
}
