import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scriptBeside } from './script-beside.ts';

export interface TemporaryFolder {
  readonly path: string;
  /** Where Postgres and Temporal keep their data; they remove it themselves. */
  readonly stackPath: string;
  remove(): Promise<void>;
}

/** A temporary folder that is removed when we end, even when we are killed. */
export function createTemporaryFolder(prefix: string): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), prefix));
  // If we are root, Postgres runs as another user and must be able to enter.
  chmodSync(path, 0o711);
  const stackPath = join(path, 'stack');
  const script = scriptBeside(import.meta.url, 'cleanup');
  const removedByOthers = [join(stackPath, 'database'), join(stackPath, 'temporal')];
  const cleanup = spawn(process.execPath, ['--no-warnings', script, path, ...removedByOthers], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  const ended = once(cleanup, 'exit');
  return {
    path,
    stackPath,
    async remove() {
      cleanup.stdin.end();
      await ended;
    },
  };
}
