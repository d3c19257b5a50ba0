/**
 * `npm run image`: builds the Dockerfile with buildah, and runs the worker of the image with podman: not as root, with a
 * read-only root, until `/readyz` answers. A stand-in for `node:24-slim` is made first: Debian, our Node, and the npm of this
 * machine. So no registry of images is needed.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, copyFileSync, cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';
import { startStack } from './stack.ts';
import { createTemporaryFolder } from './temporary-folder.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));
const image = 'localhost/bitmart-sync';
const standIn = 'docker.io/library/node:24-slim';
const readyWithinMs = 90_000;
/** The user `node` of the official image. */
const userId = 1000;

/** Why it can't be tried here; null where it can. */
async function obstacle(): Promise<string | null> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'it needs root on Linux';
  for (const tool of ['buildah', 'podman', 'runc', 'debootstrap']) {
    if (!(await succeeds(['which', tool]))) return `there is no ${tool} (a package of Debian)`;
  }
  return null;
}

async function tryImage(): Promise<void> {
  const folder = createTemporaryFolder('bitmart-sync-image-');
  // Images and containers are kept in our folder, not among the machine's.
  const storage = ['--root', join(folder.path, 'images'), '--runroot', join(folder.path, 'run')];
  try {
    const base = join(folder.path, 'base');
    await step('base image', () => makeBase(base, storage));
    const refusal = await run([...podmanRun(storage), standIn, 'true']).then(
      () => null,
      (error: Error) => error.message.trim().split('\n').at(-1),
    );
    if (refusal !== null) return void console.log(`image: skipped, because containers can't run here: ${refusal}`);
    await step('build', () => buildImage(folder.path, storage));
    await step('worker', () => runWorker(folder.path, storage));
  } finally {
    await run(['umount', '--recursive', '--quiet', join(folder.path, 'images')]).catch(() => undefined);
    await folder.remove();
  }
}

/** Limits of our own: podman's are higher than a process without CAP_SYS_RESOURCE may set. */
function podmanRun(storage: readonly string[]): readonly string[] {
  const limits = ['--ulimit', 'nofile=4096:4096', '--ulimit', 'nproc=1000:1000'];
  const podman = ['podman', ...storage, '--runtime', 'runc', 'run', '--rm', ...limits];
  return [...podman, '--network', 'host', '--read-only', '--tmpfs', '/tmp'];
}

/** What the Dockerfile needs of `node:24-slim`: Debian, node, npm, and the user `node`. */
async function makeBase(base: string, storage: readonly string[]): Promise<void> {
  await run(['debootstrap', '--variant=minbase', '--foreign', 'bookworm', base]);
  // The folder need not survive a power failure, and syncing every file takes minutes on a busy disk.
  writeFileSync(join(base, 'etc/dpkg/dpkg.cfg.d/unsafe-io'), 'force-unsafe-io\n');
  await run(['chroot', base, '/debootstrap/debootstrap', '--second-stage']);
  copyFileSync(process.execPath, join(base, 'usr/local/bin/node'));
  const { stdout } = await run(['npm', 'root', '--global']);
  const npm = 'usr/local/lib/node_modules/npm';
  cpSync(join(stdout.trim(), 'npm'), join(base, npm), { recursive: true });
  await run(['ln', '--symbolic', `/${npm}/bin/npm-cli.js`, join(base, 'usr/local/bin/npm')]);
  await run(['chroot', base, 'useradd', '--uid', String(userId), '--create-home', 'node']);
  const { stdout: container } = await run(['buildah', ...storage, 'from', 'scratch']);
  await run(['buildah', ...storage, 'add', '--quiet', container.trim(), base, '/']);
  await run(['buildah', ...storage, 'commit', '--quiet', '--rm', container.trim(), standIn]);
}

/** Where npm finds its registry on this machine, and by which CAs it trusts it, is the same within the build. */
async function buildImage(folder: string, storage: readonly string[]): Promise<void> {
  const configured = async (name: string) => (await run(['npm', 'config', 'get', name])).stdout.trim();
  const npmrc = join(folder, 'npmrc');
  const cafile = await configured('cafile');
  const hasCas = existsSync(cafile);
  writeFileSync(npmrc, `registry=${await configured('registry')}\n${hasCas ? `cafile=${cafile}\n` : ''}`);
  const mounts = [`${npmrc}:/root/.npmrc:ro`, ...(hasCas ? [`${cafile}:${cafile}:ro`] : [])];
  const volumes = mounts.flatMap((mount) => ['--volume', mount]);
  await run(['buildah', ...storage, 'build', '--isolation', 'chroot', '--pull-never', ...volumes, '--tag', image, '.']);
}

/** As docker-compose.yml starts it, on the network of this machine. */
async function runWorker(folder: string, storage: readonly string[]): Promise<void> {
  const stack = await startStack({
    directory: join(folder, 'stack'),
    temporary: true,
    named: {},
    say: () => undefined,
  });
  try {
    const secrets = join(folder, 'secrets');
    mkdirSync(secrets);
    const keyFile = join(secrets, 'credentials-key');
    copyFileSync(stack.env.CREDENTIALS_KEY_FILE, keyFile);
    chmodSync(keyFile, 0o400);
    chownSync(keyFile, userId, userId);
    const health = `127.0.0.1:${await freePort()}`;
    const envFile = join(folder, 'env');
    const env = { ...stack.env, CREDENTIALS_KEY_FILE: '/run/secrets/credentials-key', HEALTH_ADDRESS: health };
    writeFileSync(
      envFile,
      Object.entries(env)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
      { mode: 0o600 },
    );
    const options = ['--cap-drop', 'all', '--security-opt', 'no-new-privileges', '--env-file', envFile];
    const container = [...podmanRun(storage), ...options, '--volume', `${secrets}:/run/secrets:ro`];

    const { stdout: who } = await run([...container, image, 'node', '--eval', whoAmI]);
    const expected = JSON.stringify({ user: userId, write: 'EROFS' });
    if (who.trim() !== expected) throw new Error(`The container said ${who.trim()} where ${expected} was expected.`);
    await run([...container, image, 'node', 'dist/src/cli/command-line.js', 'migrate']);
    await becomesReady([...container, '--name', 'worker', image], health);
  } finally {
    await run(['podman', ...storage, 'rm', '--all', '--force']).catch(() => undefined);
    await stack.stop();
  }
}

const whoAmI = `let write = null;
try { require('node:fs').writeFileSync('/app/x', ''); } catch (error) { write = error.code; }
console.log(JSON.stringify({ user: process.getuid(), write }));`;

async function becomesReady(command: readonly string[], health: string): Promise<void> {
  const [file, ...args] = command as [string, ...string[]];
  const worker = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [worker.stdout, worker.stderr]) stream.on('data', (bytes: Buffer) => (output += bytes));
  const readiness = () =>
    fetch(`http://${health}/readyz`).then(
      async (answer) => ({ isReady: answer.ok, text: await answer.text() }),
      (error: Error) => ({ isReady: false, text: error.message }),
    );
  for (const deadlineMs = Date.now() + readyWithinMs; ; await sleep(500)) {
    const { isReady, text } = await readiness();
    if (isReady) break;
    if (worker.exitCode !== null || Date.now() > deadlineMs)
      throw new Error(`The worker is not ready: ${text}\n${output}`);
  }
  worker.kill('SIGTERM');
  const [status] = await once(worker, 'exit');
  if (status !== 0) throw new Error(`The worker ended with status ${status}:\n${output}`);
}

async function step(name: string, act: () => Promise<void>): Promise<void> {
  const startedMs = Date.now();
  await act();
  console.log(`image: ${name} ${Math.round((Date.now() - startedMs) / 1000)} s`);
}

const exec = promisify(execFile);

function run(command: readonly string[]): Promise<{ readonly stdout: string }> {
  const [file, ...args] = command as [string, ...string[]];
  return exec(file, args, { cwd: repository, maxBuffer: 64 * 2 ** 20 });
}

function succeeds(command: readonly string[]): Promise<boolean> {
  return run(command).then(
    () => true,
    () => false,
  );
}

const missing = await obstacle();
if (missing === null) await tryImage();
else console.log(`image: skipped, because ${missing}`);
