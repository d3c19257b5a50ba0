import { type Database, fleetStreams } from '../database/index.ts';
import type { Exchange } from '../history/ports.ts';
import { disproofsOf, type Timetable, withoutDisproved } from '../history/timetable.ts';
import type { DatabaseHealth } from './database-health.ts';
import type { Log } from './log.ts';

const refreshMs = 300_000;

export interface FleetTimetable {
  readonly current: Timetable | null;
  stop(): void;
}

interface FleetTimetableOptions {
  readonly database: Database;
  readonly exchange: Pick<Exchange, 'streams'>;
  readonly log: Pick<Log, 'warn'>;
  readonly troubles: Pick<DatabaseHealth, 'warn'>;
}

/**
 * The announced timetable without the ends that a record of any account disproves. Every account follows what one account
 * shows within five minutes.
 */
export async function fleetTimetable(
  announced: Timetable | null,
  options: FleetTimetableOptions,
): Promise<FleetTimetable> {
  const { database, exchange, log, troubles } = options;
  let current = announced;
  const warned = new Set<string>();
  const refresh = async () => {
    const disproofs = disproofsOf(announced, exchange.streams, await fleetStreams(database));
    current = withoutDisproved(announced, disproofs);
    for (const { stream, endMs, newestRowMs } of disproofs) {
      if (warned.has(stream)) continue;
      warned.add(stream);
      log.warn(
        { stream, announcedEnd: new Date(endMs), newestRecord: new Date(newestRowMs) },
        'a record is dated after the end that BITMART_TIMETABLE announces: every account is read as if that end were unknown',
      );
    }
  };
  await refresh();
  const timer = setInterval(() => {
    refresh().catch((error: unknown) => troubles.warn(error, 'the newest records of the fleet could not be read'));
  }, refreshMs);
  timer.unref();
  return {
    get current() {
      return current;
    },
    stop: () => clearInterval(timer),
  };
}
