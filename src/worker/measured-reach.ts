import { type Database, loadReaches, type MeasuredReaches, saveReach, withReaches } from '../database/index.ts';
import type { Exchange, ShorterReach } from '../history/ports.ts';
import type { Stream } from '../history/stream.ts';
import type { DatabaseTroubles } from './database-troubles.ts';
import type { Log } from './log.ts';

const refreshMs = 60_000;

/**
 * An exchange whose streams reach only as far back as was measured, by whichever account of the fleet. What one worker
 * learns the others know within a minute.
 */
export async function withMeasuredReach<Declared extends Exchange>(
  exchange: Declared,
  {
    database,
    log,
    troubles,
  }: { readonly database: Database; readonly log: Log; readonly troubles: Pick<DatabaseTroubles, 'warn'> },
) {
  const { name, streams: declared } = exchange;
  let streams = declared;
  const take = (reaches: MeasuredReaches) => {
    streams = withReaches(declared, reaches);
  };
  const refresh = async () => take(await loadReaches(database, name));
  await refresh();
  const timer = setInterval(() => {
    refresh().catch((error: unknown) => troubles.warn(error, 'the measured reaches could not be read'));
  }, refreshMs);
  timer.unref();
  return {
    exchange: Object.defineProperty({ ...exchange }, 'streams', { get: () => streams, enumerable: true }) as Declared,
    /** Told when two answers, cut differently, have shown that a stream is served less far back than thought. */
    async report(stream: Stream, shown: ShorterReach): Promise<void> {
      await saveReach(database, name, stream.name, shown);
      await refresh();
      const days = (ms: number) => (ms / 86_400_000).toFixed(1);
      log.error(
        {
          stream: stream.name,
          reachDays: days(shown.reachMs),
          thoughtDays: days(stream.reachMs),
          witnesses: shown.witnesses,
        },
        'the exchange serves this stream less far back than thought: the measured reach is used for every account from now on',
      );
    },
    stop: () => clearInterval(timer),
  };
}
