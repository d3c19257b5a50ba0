import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../..', import.meta.url));

export interface InstalledPackage {
  /** A folder that holds nothing else: where a platform would be. */
  readonly folder: string;
  readonly tarball: string;
  readonly packageFolder: string;
  remove(): void;
}

/**
 * What somebody gets who installs the package into an empty folder, without what is optional: it is built, packed and
 * unpacked. What it says it depends on is lent from here, so that nothing else is found and no registry is asked.
 */
export async function installPackage(more: readonly string[] = []): Promise<InstalledPackage> {
  const folder = mkdtempSync(join(tmpdir(), 'bitmart-sync-platform-'));
  const modules = join(folder, 'node_modules');
  const packageFolder = join(modules, 'bitmart-sync');
  mkdirSync(packageFolder, { recursive: true });
  await run(process.execPath, ['dev/build.ts'], { cwd: repository });
  // It is built by now; what a script says would stand before the answer.
  const packing = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await run('npm', packing, { cwd: repository });
  const tarball = join(folder, (JSON.parse(stdout) as [{ filename: string }])[0].filename);
  await run('tar', ['-xzf', tarball, '-C', packageFolder, '--strip-components=1']);
  const { dependencies } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
  for (const name of [...Object.keys(dependencies), ...more]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(repository, 'node_modules', name), join(modules, name));
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'platform', private: true, type: 'module' }));
  return { folder, tarball, packageFolder, remove: () => rmSync(folder, { recursive: true }) };
}
