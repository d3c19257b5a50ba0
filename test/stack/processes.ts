import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The ids of a process's children, their children and so on. */
export async function descendantsOf(processId: number): Promise<readonly number[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=']);
  const pairs = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  const childrenOf = (parent: number): number[] =>
    pairs.filter(([, its]) => its === parent).flatMap(([child]) => [child, ...childrenOf(child)]);
  return childrenOf(processId);
}

/** Those of the processes that still live after they had time to end. */
export async function survivorsOf(processIds: readonly number[], patienceMs: number): Promise<readonly number[]> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const living = processIds.filter(isAlive);
    if (living.length === 0 || Date.now() > deadline) return living;
    await sleep(50);
  }
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
}
