import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * When a history was first made on this machine. A sandbox that is started again, however much later, goes on with that
 * history: records that moved with the clock would contradict those that a worker has stored.
 */
export function firstUseOf(history: Readonly<Record<string, unknown>>, nowMs: number): number {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const file = join(cache, 'bitmart-sync', 'sandbox-histories.json');
  const key = JSON.stringify(history);
  const known = knownIn(file);
  const before = known[key];
  if (before !== undefined) return before;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify({ ...known, [key]: nowMs }, null, 2)}\n`);
  } catch {
    // Without a place to remember it the history ends now, as the greeting says.
  }
  return nowMs;
}

function knownIn(file: string): Record<string, number> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
  } catch {
    return {};
  }
}
