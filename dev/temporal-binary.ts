import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const moduleFolder = fileURLToPath(new URL('temporal-cli', import.meta.url));
/** Older servers lack features that the workflow uses; see docs/deployment.md. */
const leastVersion = [1, 8, 0] as const;

/**
 * A `temporal` that can start a server, in this order: one on the PATH that is new enough, the copy in the user's cache,
 * the SDK's own download, and building the pinned one with Go (minutes, once per user).
 * Throws one error that names these ways when none works.
 */
export async function findTemporal(say: (line: string) => void): Promise<string> {
  const installed = await onPath();
  if (installed) return installed;
  const cached = cachedBinary();
  if (existsSync(cached)) return cached;
  mkdirSync(join(cached, '..'), { recursive: true });
  const downloaded = await download(say);
  if (downloaded) return downloaded;
  if (await goIsThere()) return await withBuildLock(cached, say);
  throw new Error(
    [
      'No Temporal server could be had. Any one of these helps:',
      '  - set TEMPORAL_ADDRESS to a server that runs already (1.31 or newer)',
      `  - put a \`temporal\` of version ${leastVersion.join('.')} or newer on the PATH`,
      "  - let this machine reach the SDK's download host",
      '  - install Go 1.21 or newer, and it is built from source (minutes, once)',
    ].join('\n'),
  );
}

/** Named after its sources, so that a changed pin is built again. */
function cachedBinary(): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const pin = createHash('sha256')
    .update(readFileSync(join(moduleFolder, 'go.mod')))
    .digest('hex')
    .slice(0, 12);
  return join(cache, 'bitmart-sync', `temporal-${pin}`, 'temporal');
}

async function onPath(): Promise<string | null> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const candidate = join(folder, 'temporal');
    try {
      accessSync(candidate, constants.X_OK);
      const { stdout } = await run(candidate, ['--version'], { timeout: 10_000 });
      const version = /(\d+)\.(\d+)\.(\d+)/.exec(stdout)?.slice(1, 4).map(Number);
      if (version && isNewEnough(version)) return candidate;
    } catch {
      // Missing, or not a usable binary: try the next way.
    }
  }
  return null;
}

function isNewEnough(version: readonly number[]): boolean {
  for (const [i, least] of leastVersion.entries()) {
    if (version[i] !== least) return (version[i] ?? 0) > least;
  }
  return true;
}

/** The SDK's ephemeral server downloads its own copy; where the host can't be reached, it says so at once. */
async function download(say: (line: string) => void): Promise<string | null> {
  if (process.env.BITMART_SYNC_NO_DOWNLOAD) return null;
  try {
    const response = await fetch(
      `https://temporal.download/cli/default?arch=${archName()}&platform=${process.platform}&format=json`,
      {
        signal: AbortSignal.timeout(3_000),
      },
    );
    const offer = (await response.json()) as { archiveUrl?: string; fileToExtract?: string };
    if (!offer.archiveUrl) return null;
    say('Downloading Temporal …');
    const archive = await fetch(offer.archiveUrl, { signal: AbortSignal.timeout(120_000) });
    const target = cachedBinary();
    const packed = `${target}.${process.pid}.tar.gz`;
    writeFileSync(packed, Buffer.from(await archive.arrayBuffer()));
    const folder = `${target}.${process.pid}.unpacked`;
    mkdirSync(folder, { recursive: true });
    await run('tar', ['-xzf', packed, '-C', folder]);
    renameSync(join(folder, offer.fileToExtract ?? 'temporal'), target);
    rmSync(folder, { recursive: true, force: true });
    rmSync(packed, { force: true });
    return target;
  } catch {
    return null;
  }
}

function archName(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}

async function goIsThere(): Promise<boolean> {
  return await run('go', ['version']).then(
    () => true,
    () => false,
  );
}

/** One build at a time per user: a second run waits for the first one's result. */
async function withBuildLock(target: string, say: (line: string) => void): Promise<string> {
  const lock = `${target}.lock`;
  for (let waited = 0; ; waited++) {
    if (existsSync(target)) return target;
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch {
      if (!holderLives(lock)) rmSync(lock, { force: true });
      else if (waited % 15 === 0) say('Temporal is being built by another run; waiting for it …');
      await sleep(1_000);
    }
  }
  try {
    await build(target, say);
    return target;
  } finally {
    rmSync(lock, { force: true });
  }
}

function holderLives(lock: string): boolean {
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0);
    return true;
  } catch {
    return false;
  }
}

async function build(target: string, say: (line: string) => void): Promise<void> {
  say('Building Temporal from source with Go. This takes about 5 minutes on 2 cores, once; it is kept for later runs.');
  const fresh = `${target}.${process.pid}`;
  const startedMs = Date.now();
  let packages = 0;
  let lastLine = '';
  const child = spawn(
    'go',
    ['build', '-v', '-trimpath', '-ldflags', '-s -w', '-o', fresh, 'github.com/temporalio/cli/cmd/temporal'],
    {
      cwd: moduleFolder,
      env: { ...process.env, GOTOOLCHAIN: 'auto' },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  child.stderr.on('data', (bytes: Buffer) => {
    const lines = bytes.toString().split('\n').filter(Boolean);
    packages += lines.length;
    lastLine = lines.at(-1) ?? lastLine;
  });
  const progress = setInterval(() => {
    say(`  … ${Math.round((Date.now() - startedMs) / 1000)} s, ${packages} steps done (${lastLine.slice(0, 60)})`);
  }, 10_000);
  const code = await new Promise<number>((resolve) => {
    child.on('error', () => resolve(127)).on('exit', (status) => resolve(status ?? 1));
  }).finally(() => clearInterval(progress));
  if (code !== 0) {
    rmSync(fresh, { force: true });
    throw new Error(`Building Temporal failed after ${packages} steps; the end of its output: ${lastLine}`);
  }
  renameSync(fresh, target);
  say(`Temporal is built (${Math.round((Date.now() - startedMs) / 1000)} s).`);
}
