import { execFile, spawn } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../dev/free-port.ts';
import { linkPageConfig, startLinkPage } from '../../src/link-page/server.ts';
import { descendantsOf, survivorsOf } from '../stack/processes.ts';
import { freshDatabase } from '../support/database.ts';
import { startSystem } from '../support/system.ts';
import { secret } from '../webhook/receiver.ts';
import { codeBlocksOf, programOf } from './code-blocks.ts';
import { callableByPlatforms } from './comment-examples.ts';
import { givenToExamples } from './given-to-examples.ts';
import { installPackage, type Platform } from './installed-package.ts';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../..', import.meta.url));

let installed: Platform;
beforeAll(async () => {
  installed = await installPackage(['@types/node', 'undici-types']);
});
afterAll(() => installed.remove());

test('publint finds nothing to say of the package', async () => {
  const { messages } = await publint({ pkgDir: installed.packageFolder, strict: true, pack: false });
  expect(messages).toEqual([]);
});

test('its types are right for everybody who can import it', async () => {
  const checked = await checkPackage(createPackageFromTarballData(readFileSync(installed.tarball)));
  if (checked.types === false) throw new Error('The package has no types.');
  expect(Object.keys(checked.entrypoints)).toEqual(['./client', './link', './sandbox', './worker', './package.json']);
  // The package is ESM alone and says so; resolving as before Node 12 does not know `exports`.
  const others = checked.problems.filter(
    (problem) => !('resolutionKind' in problem && ['node10', 'node16-cjs'].includes(problem.resolutionKind)),
  );
  expect(others).toEqual([]);
});

test('the client loads neither the worker nor anything native, and needs nothing that is optional', async () => {
  const script = join(installed.folder, 'loaded-modules.ts');
  copyFileSync(fileURLToPath(new URL('./loaded-modules.ts', import.meta.url)), script);
  const { stdout } = await run(process.execPath, [script], { cwd: installed.folder });
  const { failures, loaded } = JSON.parse(stdout) as { failures: string[]; loaded: string[] };
  expect(failures).toEqual(Array.from({ length: 4 }, () => 'database-unreachable'));
  const packages = new Set(loaded.flatMap((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? []));
  expect([...packages]).toEqual(expect.arrayContaining(['bitmart-sync', 'pg', 'kysely', '@temporalio/client']));
  for (const name of [
    '@temporalio/worker',
    '@temporalio/core-bridge',
    '@temporalio/activity',
    'undici',
    'pino',
    'commander',
    '@temporalio/envconfig',
  ]) {
    expect([...packages]).not.toContain(name);
  }
  expect(loaded.filter((url) => url.endsWith('.node'))).toEqual([]);
  expect(loaded.filter((url) => /\/bitmart-sync\/dist\/src\/(worker|cli)[./]/.test(url))).toEqual([]);
});

test('the example works from an empty folder, on an older Node than the worker needs', async (context) => {
  const { folder } = installed;
  copyFileSync(
    fileURLToPath(new URL('../../examples/platform/platform.ts', import.meta.url)),
    join(folder, 'platform.ts'),
  );
  await compile(folder, 'platform.ts');
  const port = await freePort();
  const webhook = { WEBHOOK_URL: `http://127.0.0.1:${port}/`, WEBHOOK_SECRET: secret, WEBHOOK_ADDRESSES: 'any' };
  const system = await startSystem({ workerEnv: webhook });
  const config = linkPageConfig({ LINK_ADDRESS: `127.0.0.1:${await freePort()}` });
  const page = await startLinkPage({ client: system.client, config, log: () => undefined });
  try {
    await system.startWorker();
    const older = await olderNode();
    const { name, ...credentials } = system.sandbox.exchange.addAccount();
    system.sandbox.exchange.generate(name, { spotTrades: 900, futuresTrades: 50, deposits: 3, days: 40 });
    const env = { ...process.env, ...system.env, PORT: String(port), LINK_URL: page.publicUrl };
    const platform = run(older ?? process.execPath, ['platform.js'], { cwd: folder, env, timeout: 90_000 });
    // The user opens the page, and types the key.
    platform.child.stderr?.on('data', (text: Buffer) => {
      const [url] = /http\S+/.exec(text.toString()) ?? [];
      if (url) void fetch(url, { method: 'POST', body: new URLSearchParams(credentials) });
    });
    const { stdout } = await platform;
    const { trades, ...reported } = JSON.parse(stdout) as { trades: number };
    expect(reported).toEqual({ accountId: expect.any(String), complete: true, records: 953 });
    expect(trades).toBeGreaterThan(0);
    if (older === null) return context.skip('there is no Node 20 or 22 on the path; on this one it works');
  } finally {
    await page.close();
    await system.close();
  }
});

/** A Node that can run the client, but not the worker. */
async function olderNode(): Promise<string | null> {
  const files = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'node'));
  for (const file of files.filter(existsSync)) {
    const { stdout } = await run(file, ['--version']);
    if (/^v2[02]\./.test(stdout)) return file;
  }
  return null;
}

test('a client alone is small: it brings neither a worker, nor anything native, nor a Node of its own', () => {
  const lock = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8')) as Lock;
  const { dependencies, optionalDependencies, peerDependencies } = JSON.parse(
    readFileSync(join(installed.packageFolder, 'package.json'), 'utf8'),
  );
  expect([optionalDependencies, peerDependencies]).toEqual([undefined, undefined]);
  const folders = packagesBehind(lock, Object.keys(dependencies));
  const bins = [...folders].flatMap((folder) => Object.keys(lock.packages[folder]?.bin ?? {}));
  expect(bins).not.toContain('node');
  expect(
    [...folders].filter((folder) => /@temporalio\/(worker|core-bridge)|@swc|node-linux|webpack/.test(folder)),
  ).toEqual([]);
  const bytes = [...folders].reduce(
    (sum, folder) => sum + sizeOf(join(repository, folder)),
    sizeOf(installed.packageFolder),
  );
  expect(bytes / 1_000_000).toBeLessThan(maxClientMegabytes);
});

/** Half of it is Temporal's own client: 17 MB of its protocol and protobufjs, which it brings twice. */
const maxClientMegabytes = 40;

test('without the worker’s package the connection page is not hosted, and the command says what is missing', async () => {
  const command = join(installed.packageFolder, 'dist/src/cli/command-line.js');
  const serving = run(process.execPath, [command, 'serve'], { cwd: installed.folder });
  const missing = expect.stringContaining('npm install bitmart-sync-worker');
  await expect(serving).rejects.toMatchObject({ code: 2, stderr: missing });
});

interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly dependencies?: object; readonly optionalDependencies?: object; readonly bin?: object }>
  >;
}

/** The folders of everything that an installation of these packages brings, as npm finds them. */
function packagesBehind({ packages }: Lock, names: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (name: string, from: string) => {
    let place = from;
    while (place !== '' && !(`${place}/node_modules/${name}` in packages))
      place = place.replace(/\/?node_modules\/(@[^/]+\/)?[^/]+$/, '');
    const folder = place === '' ? `node_modules/${name}` : `${place}/node_modules/${name}`;
    if (found.has(folder) || !(folder in packages)) return;
    found.add(folder);
    const { dependencies = {}, optionalDependencies = {} } = packages[folder] ?? {};
    for (const next of Object.keys({ ...dependencies, ...optionalDependencies })) visit(next, folder);
  };
  for (const name of names) visit(name, '');
  return found;
}

/** Without the packages nested in it. */
function sizeOf(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(
      (entry) => entry.isFile() && !join(entry.parentPath, entry.name).slice(folder.length).includes('/node_modules/'),
    )
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

test('the worker is a package beside it, which starts it', async () => {
  const { packageFolder, tarball } = await installed.addWorker();
  expect((await publint({ pkgDir: packageFolder, strict: true, pack: false })).messages).toEqual([]);
  const checked = await checkPackage(createPackageFromTarballData(readFileSync(tarball)));
  expect(checked.types === false ? [] : Object.keys(checked.entrypoints)).toEqual(['./test', './package.json']);
  const start = join(packageFolder, 'start.js');
  const ended = await run(process.execPath, [start], { cwd: installed.folder, env: { PATH: process.env.PATH } }).catch(
    (error: { stderr: string; stdout: string }) => error,
  );
  expect(`${ended.stdout}${ended.stderr}`).toContain('DATABASE_URL');
});

const document = codeBlocksOf(readFileSync(join(repository, 'docs/client.md'), 'utf8'));

test('a newcomer who follows docs/client.md alone comes from an empty folder to a test that passes, on both Nodes', async (context) => {
  const { folder } = installed;
  await installed.addWorker();
  const [example] = document.filter(({ language }) => language === 'js');
  writeFileSync(join(folder, 'history.test.js'), example?.code ?? '');
  const older = await olderNode();
  const nodes = older === null ? [process.execPath] : [process.execPath, older];
  const tookMs = await Promise.all(
    nodes.map(async (node) => {
      const startedMs = performance.now();
      // Nothing that a platform would not have: no database and no Temporal is named, only a Node for the worker.
      const { PATH, HOME, TMPDIR, XDG_CACHE_HOME } = process.env;
      const env = { PATH, HOME, TMPDIR, XDG_CACHE_HOME, NODE_24: process.execPath };
      const { stdout } = await run(node, ['--test', '--test-reporter=tap', 'history.test.js'], {
        cwd: folder,
        env,
        // It takes half a minute, also on a busy machine. What it said until then is said of one that hangs.
        timeout: 180_000,
      }).catch(({ stdout, stderr }: { stdout: string; stderr: string }) => expect.fail(`${stdout}${stderr}`));
      expect(stdout).toContain('# pass 1\n# fail 0');
      return performance.now() - startedMs;
    }),
  );
  console.log(`a newcomer's first test took ${tookMs.map((ms) => `${(ms / 1_000).toFixed(1)} s`).join(' and ')}`);
  // It takes seconds; this only says that it does not take minutes.
  expect(Math.max(...tookMs)).toBeLessThan(120_000);
  if (older === null) return context.skip('there is no Node 20 or 22 on the path; on this one it works');
});

test('every example of docs/client.md and of the comments compiles and runs; a test worker whose process is killed leaves nothing behind', async () => {
  const { folder } = installed;
  await installed.addWorker();
  const pieces = document
    .filter(({ language }) => language === 'ts')
    .map(({ code }) => code.replace('port: 8480', 'port: 0'));
  const end = "console.log('ended', worker.env.CREDENTIALS_KEY_FILE); setInterval(() => undefined, 1_000);";
  // What reads the account comes before what ends it.
  const ofComments = callableByPlatforms().toSorted(
    (a, b) => Number(a.name === 'unlink') - Number(b.name === 'unlink'),
  );
  const examples = [...pieces, ...ofComments.map(({ example }) => example ?? '')];
  writeFileSync(join(folder, 'examples.ts'), programOf(givenToExamples, [...examples, end]));
  await compile(folder, 'examples.ts');
  const database = await freshDatabase();
  const env = { ...process.env, DATABASE_URL: database.url, LINK_URL: 'https://link.example.com' };
  const program = spawn(process.execPath, ['examples.js'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    let keyFile = 'none';
    for await (const line of createInterface(program.stdout)) {
      if (!line.startsWith('ended ')) continue;
      keyFile = line.slice('ended '.length);
      break;
    }
    const descendants = await descendantsOf(program.pid as number);
    expect([existsSync(keyFile), descendants.length]).toEqual([true, expect.any(Number)]);
    expect(descendants.length).toBeGreaterThan(1);
    program.kill('SIGKILL');
    expect(await survivorsOf(descendants, 10_000)).toEqual([]);
    await expect.poll(() => existsSync(dirname(dirname(keyFile)))).toBe(false);
  } finally {
    program.kill('SIGKILL');
    await database.drop();
  }
});

async function compile(folder: string, file: string): Promise<void> {
  const compiler = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
  const options =
    '--strict --noUncheckedIndexedAccess --skipLibCheck false --module nodenext --target es2022 --types node';
  await run(process.execPath, [compiler, ...options.split(' '), file], { cwd: folder }).catch(
    ({ stdout }: { stdout: string }) => expect.fail(stdout),
  );
}

test('the command runs on Node 20, as `engines` says', async (context) => {
  const older = await olderNode();
  if (older === null) return context.skip('there is no Node 20 or 22 on the path');
  const command = join(installed.packageFolder, 'dist/src/cli/command-line.js');
  const { stdout } = await run(older, [command, '--help'], { cwd: installed.folder });
  expect(stdout).toContain('Usage: bitmart-sync');
});

test('client and sandbox run on Node 20', async (context) => {
  const older = await olderNode();
  if (older === null) return context.skip('there is no Node 20 or 22 on the path');
  writeFileSync(
    join(installed.folder, 'older.mjs'),
    `import { createClient, ClientError } from 'bitmart-sync/client';
     import { startSandbox } from 'bitmart-sync/sandbox';
     const { exchange, url, close } = await startSandbox({ seed: 7 });
     const { name, apiKey } = exchange.addAccount();
     exchange.add(name, 'spot-trades', [{ createTime: Date.now() - 2000 }, { createTime: Date.now() - 1000 }]);
     exchange.changeKey(apiKey, { status: 'frozen' });
     const status = (await fetch(url + '/system/time')).status;
     const client = createClient({ databaseUrl: 'postgres://127.0.0.1:1/none' });
     const failure = await client.forOwner('anna').records('id', 'spot-trades').catch((error) => error);
     console.log(JSON.stringify({ status, trades: exchange.truth(name).length, known: failure instanceof ClientError, code: failure.code }));
     await client.close();
     await close();`,
  );
  const { stdout } = await run(older, ['older.mjs'], { cwd: installed.folder });
  expect(JSON.parse(stdout)).toEqual({ status: 200, trades: 2, known: true, code: 'database-unreachable' });
});
