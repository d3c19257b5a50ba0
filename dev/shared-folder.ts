import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';

/**
 * A folder that several processes need and any of them may make. It is never seen half filled: each process fills a folder of
 * its own, and the first to finish renames it.
 */
export async function sharedFolder(path: string, fill: (folder: string) => void | Promise<void>): Promise<void> {
  if (existsSync(path)) return;
  const own = mkdtempSync(`${path}-`);
  try {
    await fill(own);
    renameSync(own, path);
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    // Another run may have been faster; its folder is equally good.
    if (!existsSync(path)) throw error;
  }
}
