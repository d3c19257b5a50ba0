import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The commit of the release before this one. */
export const previousRelease = { version: '0.2.0', commit: 'fe1971f' };

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Unpacks its sources into the folder; null where they are not at hand. */
export function previousSources(folder: string): string | null {
  const { commit } = previousRelease;
  try {
    const archive = execFileSync('git', ['archive', commit, 'src', 'sandbox', 'package.json'], {
      cwd: repository,
      maxBuffer: 100_000_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const sources = join(folder, commit);
    mkdirSync(sources, { recursive: true });
    execFileSync('tar', ['-x', '-C', sources], { input: archive });
    if (!existsSync(join(sources, 'node_modules')))
      symlinkSync(join(repository, 'node_modules'), join(sources, 'node_modules'));
    return sources;
  } catch {
    return null;
  }
}
