import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface TemporaryFolder {
  readonly path: string;
  /** Where Postgres and Temporal keep their data; they remove it themselves. */
  readonly stackPath: string;
  remove(): Promise<void>;
}

/** A folder of our own that vanishes with us, even when we are killed. */
export function createTemporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), 'bitmart-sync-demo-'));
  // Where we are root, Postgres runs as somebody else and has to get through.
  chmodSync(path, 0o711);
  const stackPath = join(path, 'stack');
  const script = fileURLToPath(new URL('caretaker.ts', import.meta.url));
  const removedByOthers = [join(stackPath, 'database'), join(stackPath, 'temporal')];
  const caretaker = spawn(process.execPath, ['--no-warnings', script, path, ...removedByOthers], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  const ended = once(caretaker, 'exit');
  return {
    path,
    stackPath,
    async remove() {
      caretaker.stdin.end();
      await ended;
    },
  };
}
