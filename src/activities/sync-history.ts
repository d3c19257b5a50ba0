import { Context } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory, TemporalFailure } from '@temporalio/common';
import { databaseTrouble, doubtKey, trustKey } from '../database/index.ts';
import { passesByItself } from '../history/failure.ts';
import { createBudget, type PageProgress } from '../history/part-reading.ts';
import { FenceLost } from '../history/ports.ts';
import { nothingToRead, readAccount, type StreamResult } from '../history/read-account.ts';
import { SizerMemory } from '../history/sizer-memory.ts';
import type { Stream } from '../history/stream.ts';
import { type ActiveKey, activeKey } from './active-key.ts';
import { keepBalances } from './bracketing-balances.ts';
import type { Activities, SyncRequest } from './contract.ts';
import type { Dependencies } from './dependencies.ts';
import { activityFailure } from './failure-translation.ts';
import { startHeartbeats } from './heartbeats.ts';
import { untilLastPage } from './last-page.ts';
import { compareOrders } from './order-witness.ts';
import { logSync, ReadingProgress } from './reading-progress.ts';
import { settleSync } from './settle-sync.ts';
import { streamOrder } from './stream-order.ts';

export function createSyncHistory(dependencies: Dependencies): Activities['syncHistory'] {
  const sizers = new SizerMemory();
  return async (request) => {
    const startedMs = performance.now();
    const key = await activeKey(dependencies, request.accountId);
    if (key === null) return settleSync(dependencies, request, { results: [], key: 'missing', keyExpiresAtMs: null });
    const results = await readStreams(dependencies, request, { key, sizers });
    const refused = results.some((result) => result.blocked?.kind === 'refused-key');
    // One refusal is not a verdict: the key is checked separately, and again a moment later.
    if (refused) await doubtKey(dependencies.database, request.accountId, key.keyId);
    else if (key.isDoubted && results.some((result) => result.pages > 0)) {
      await trustKey(dependencies.database, request.accountId, key.keyId);
    }
    const settled = await settleSync(dependencies, request, {
      results,
      key: refused ? 'refused' : 'works',
      keyExpiresAtMs: key.expiresAtMs,
      keyLookIsDue: key.lookIsDue,
    });
    if (settled.failed && !settled.closed) retryIfNothingElseCanBeDone(results);
    logSync(dependencies.log, request, results, settled, performance.now() - startedMs);
    return settled;
  };
}

async function readStreams(
  dependencies: Dependencies,
  request: SyncRequest,
  { key, sizers }: { readonly key: ActiveKey; readonly sizers: SizerMemory },
): Promise<readonly StreamResult[]> {
  const { exchange, store, replays, settings, onDiscarded } = dependencies;
  const context = Context.current();
  const signal = untilLastPage(context);
  const chunk = createBudget({ pages: settings.chunkPages, durationMs: settings.chunkMs });
  const progress = new ReadingProgress(request.streams[0] ?? '');
  // A wait for the exchange's limits can be long; meanwhile the server must hear from us, and we of a cancellation.
  const heartbeats = startHeartbeats(() => context.heartbeat(progress.heartbeat()));
  const results: StreamResult[] = [];
  try {
    const balances = { reader: key.reader, signal };
    await keepBalances(dependencies, request, { ...balances, moment: 'before' });
    const { due, resting } = await streamOrder(dependencies, request, key.keyId);
    results.push(...resting.map(nothingToRead));
    const reading = {
      exchange,
      reader: key.reader,
      keyId: key.keyId,
      store,
      replays,
      settings,
      sizers,
      doubtsRemoval: request.failures < triesOfRemoved,
      budget: { ...chunk, spent: () => chunk.spent() || context.cancellationSignal.aborted },
      signal,
      onDiscarded,
      onPage: (page: PageProgress) => {
        progress.note(page);
        heartbeats.beat();
      },
    };
    const read = {
      accountId: request.accountId,
      streams: due,
      finished: request.finished,
      onStream: (stream: Stream) => progress.begin(stream.name),
      // A failure of Postgres or Temporal concerns every stream, so the activity is retried. Any other failure stops one
      // stream.
      onError: (error: unknown, stream: Stream) => {
        if (databaseTrouble(error) !== null || error instanceof TemporalFailure) throw error;
        dependencies.log.error(
          { account: request.accountId, stream: stream.name, err: error },
          'reading a stream failed',
        );
      },
    };
    results.push(...(await readAccount(reading, read)));
    if (results.every(({ done }) => done)) {
      const first = () => compareOrders(dependencies, request, reading);
      await keepBalances(dependencies, request, { ...balances, moment: 'after', first });
    }
  } catch (error) {
    if (error instanceof FenceLost) throw takenOver(error);
    if (!signal.aborted) throw error;
  } finally {
    heartbeats.stop();
  }
  const cancelled = context.cancellationSignal.aborted && !context.cancellationDetails?.workerShutdown;
  if (cancelled) await context.cancelled;
  return results;
}

/**
 * So many syncs in a row must fail before an answer as of a removed path ends the reading of a stream until the next regular
 * sync: the fourth comes three and a half minutes after the first, when most faults of the edge have passed.
 */
const triesOfRemoved = 3;

/** Expected after a timeout: the newer attempt does the work, and this one has written nothing since. */
function takenOver(error: FenceLost): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'TakenOver',
    message: error.message,
    category: ApplicationFailureCategory.BENIGN,
  });
}

/**
 * If a limit, an outage or maintenance stops every requested stream, the activity's retries wait for it, so that the reason and
 * the next attempt are shown in the Temporal UI.
 */
function retryIfNothingElseCanBeDone(results: readonly StreamResult[]): void {
  const waits = results.map((result) =>
    result.blocked && passesByItself(result.blocked.kind) ? result.blocked : null,
  );
  const [first] = waits;
  if (first && waits.every((failure) => failure !== null)) throw activityFailure(first);
}
