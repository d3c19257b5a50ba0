import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take half a minute and more, most of them a few lines: where no earlier run says how long they take, they would
 * start last. Some keep a processor busy, others wait for pauses between retries.
 */
const long = [
  'chaos/chaos',
  'incidents/incidents',
  'simulation/engine',
  'outside/fuzz',
  'simulation/mutants',
  'simulation/postgres',
  'books/planted-losses',
  'workflows/message-sequences',
  'system/everything-readable',
  'system/worst-moments',
  'system/worker-versions',
  'system/restart',
  'system/answers',
  'system/identity',
  'system/unlink-without-worker',
  'system/sync-requests',
  'package/package',
  'archive/archive',
  'link-page/linking',
  'system/webhooks',
  'system/database-troubles',
  'system/link',
  'system/closing',
  'system/spot-removed',
  'system/range',
  'system/reconcile',
  'system/rare-streams',
  'system/releases-side-by-side',
  'system/shared-key',
  'system/backup',
  'report/report',
  'client/linking',
  'client/answers',
  'database/event-numbers',
  'fleet/reconcile',
  'fleet/steering',
  'demo/ending',
  'stack/stack',
  'bitmart/exchange-clock',
  'bitmart/key-check',
  'bitmart/client',
];

/** The long ones first, so that at the end no processor waits for the last file. */
export class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => long.some((name) => moduleId.endsWith(`/test/${name}.test.ts`));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
