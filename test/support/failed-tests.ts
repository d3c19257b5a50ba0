import { afterEach } from 'vitest';
import { whatRuns } from './what-runs.ts';

/** A test that waits for something in vain says only that its time is up: what its system was at is printed beside it. */
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  for (const describe of whatRuns) console.log(`${task.name}: ${await describe().catch(String)}`);
});
