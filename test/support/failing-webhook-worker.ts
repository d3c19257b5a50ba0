import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from '@temporalio/worker';

/** Preloaded into a worker process: what serves the queue for webhooks fails soon after it began. */
const run = Worker.prototype.run;
Worker.prototype.run = async function failing(this: Worker): Promise<void> {
  if (!this.options.taskQueue.endsWith('-webhook')) return run.call(this);
  await sleep(500);
  throw new Error('Temporal takes no more polls of this queue.');
};
