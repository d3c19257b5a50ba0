/**
 * Removes a temporary folder once no process is left that writes into it, however its owner ended: our standard input is a
 * pipe from there, and its end means that the owner is gone.
 *
 * Started with two or more arguments: the folder, and what its other users remove themselves when they are done.
 */
import { existsSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const [folder, ...removedByOthers] = process.argv.slice(2);
// Postgres and Temporal are killed when they need longer than about ten seconds.
const patienceMs = 20_000;

// A terminal's Ctrl-C reaches every process of the group; the folder must be removed last.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

if (folder !== undefined) {
  for await (const _ of process.stdin);
  const deadlineMs = Date.now() + patienceMs;
  while (removedByOthers.some((path) => existsSync(path)) && Date.now() < deadlineMs) await sleep(50);
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
