import type { MetricMeter } from '@temporalio/common';
import { type Database, fleetFigures } from '../../database/index.ts';
import type { Exchange } from '../../history/ports.ts';
import type { DatabaseTroubles } from '../database-troubles.ts';
import type { FleetTimetable } from '../fleet-timetable.ts';
import { createDatabaseMetrics } from './database-metrics.ts';
import { createFleetMetrics } from './fleet-metrics.ts';
import { createPageMetrics } from './page-metrics.ts';
import { createProcessMetrics } from './process-metrics.ts';
import { createRequestMetrics } from './request-metrics.ts';

export { histogramBuckets } from './histogram-buckets.ts';

const processEveryMs = 5_000;
const fleetEveryMs = 60_000;

/**
 * Everything that we measure, through the SDK's meter, so that METRICS_ADDRESS shows it beside Temporal's own. Without that
 * address nothing is counted and nothing is asked of Postgres.
 */
export function createMetrics(meter: MetricMeter) {
  return {
    requests: createRequestMetrics(meter),
    pages: createPageMetrics(meter),
    database: createDatabaseMetrics(meter),

    /** Looks at this process and at the fleet from time to time, beginning now. */
    watch(parts: WatchedParts): { stop(): void } {
      const process = createProcessMetrics(meter, parts);
      const fleet = createFleetMetrics(meter);
      let reading = false;
      const readFleet = async () => {
        if (reading) return;
        reading = true;
        try {
          fleet.show(await fleetFigures(parts.database, { timetable: parts.timetable.current }));
        } catch (error) {
          parts.troubles.warn(error, 'the fleet’s figures could not be read; the metrics show the last ones');
        } finally {
          reading = false;
        }
      };
      process.sample();
      void readFleet();
      const timers = [setInterval(process.sample, processEveryMs), setInterval(readFleet, fleetEveryMs)];
      return { stop: () => timers.forEach(clearInterval) };
    },
  };
}

export interface WatchedParts {
  readonly database: Database;
  readonly exchange: Exchange;
  readonly timetable: Pick<FleetTimetable, 'current'>;
  readonly troubles: Pick<DatabaseTroubles, 'warn'>;
}
