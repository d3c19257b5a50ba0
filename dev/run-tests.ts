/** `npm test`: one Postgres and one Temporal for the whole run, then vitest; the last line counts. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectDatabase, migrate } from '../src/database/index.ts';
import { Interrupted, interruption } from './interruption.ts';
import { prepareDatabase } from './postgres.ts';
import { startStack } from './stack.ts';
import { createTemporaryFolder } from './temporary-folder.ts';
import { bundleWorkflows } from './workflow-bundle.ts';

const interrupted = interruption();
const folder = createTemporaryFolder('bitmart-sync-test-');
const reportFile = join(folder.path, 'report.json');
const starting = startStack({ directory: folder.stackPath, temporary: true, say: (line) => console.log(line) });
// Once, and while the stack starts: about a hundred workers would each take five seconds of a core to make it.
const bundling = bundleWorkflows();
const compiled = join(folder.path, 'compiled');
const compiling = compileWorker();
// Their failures are thrown where they are awaited.
for (const making of [bundling, compiling]) making.catch(() => undefined);
// Cut off before there is anything to stop, we just end: whatever has begun ends with us.
const stack = await Promise.race([starting, interrupted]).catch((error: unknown) => {
  if (!(error instanceof Interrupted)) throw error;
  process.exit(error.exitStatus);
});

const bundleFile = join(folder.path, 'workflow-bundle.js');
writeFileSync(bundleFile, await bundling);
await compiling;

const template = 'test_template';
// A server that DATABASE_URL names keeps nothing of ours.
const hasTemplate = stack.superuserUrl !== null;
if (hasTemplate) await makeTemplate(stack.env.DATABASE_URL);

const endingWithinMs = 10_000;
const status = await new Promise<number>((resolve) => {
  const entry = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
  const vitest = spawn(process.execPath, [entry, 'run', ...reporters, ...process.argv.slice(2)], {
    // The end of its standard input tells it that we are gone, however we went.
    stdio: ['pipe', 'inherit', 'inherit'],
    // A group of its own, so that nothing that tests have started outlives them.
    detached: true,
    env: {
      ...process.env,
      TEST_ENDS_WITH_STDIN: '1',
      TEST_DATABASE_URL: stack.env.DATABASE_URL ?? '',
      // A server that DATABASE_URL names has its own.
      TEST_SUPERUSER_URL: stack.superuserUrl ?? process.env.TEST_SUPERUSER_URL ?? '',
      ...(hasTemplate && { TEST_DATABASE_TEMPLATE: template }),
      TEMPORAL_ADDRESS: stack.env.TEMPORAL_ADDRESS ?? '',
      TEMPORAL_NAMESPACE: stack.env.TEMPORAL_NAMESPACE ?? 'default',
      TEMPORAL_UI: stack.env.TEMPORAL_UI ?? '',
      TEST_WORKFLOW_BUNDLE: bundleFile,
      // Hundreds of processes load the same sources.
      NODE_COMPILE_CACHE: compiled,
      // Whatever tests put there goes with the rest.
      TMPDIR: folder.path,
    },
  });
  const killAll = () => {
    try {
      process.kill(-(vitest.pid as number), 'SIGKILL');
    } catch {
      // Nothing was left.
    }
  };
  vitest.on('exit', (code) => {
    killAll();
    resolve(code ?? 1);
  });
  interrupted.catch(() => {
    vitest.kill('SIGTERM');
    setTimeout(killAll, endingWithinMs).unref();
  });
});
await stack.stop();
process.exitCode = report(status);
await folder.remove();
// The watch for an interruption would keep us here.
process.exit();

/**
 * A process writes the compile cache only when it exits normally, and tests kill most of their workers. A worker without
 * settings loads everything and exits. A start takes 1.5 s of a processor instead of 2.1.
 */
async function compileWorker(): Promise<void> {
  const entry = fileURLToPath(new URL('../src/worker.ts', import.meta.url));
  const worker = spawn(process.execPath, [entry], { stdio: 'ignore', env: { NODE_COMPILE_CACHE: compiled } });
  await once(worker, 'exit');
}

/** A migrated database, of which the tests' are copies. */
async function makeTemplate(adminUrl: string): Promise<void> {
  const url = new URL(adminUrl);
  url.pathname = `/${template}`;
  await prepareDatabase(adminUrl, url.href, { name: template });
  const database = connectDatabase({ url: url.href, poolSize: 1 });
  await migrate(database).finally(() => database.close());
}

function report(code: number): number {
  try {
    const results = JSON.parse(readFileSync(reportFile, 'utf8')) as Report;
    for (const file of results.testResults) {
      for (const test of file.assertionResults) {
        if (test.status === 'pending' || test.status === 'skipped') console.log(`skipped: ${test.fullName}`);
      }
    }
    const brokenFiles = results.testResults.filter(
      (file) => file.status === 'failed' && file.assertionResults.length === 0,
    );
    const failed = results.numFailedTests + brokenFiles.length;
    const skipped = results.numPendingTests > 0 ? `, ${results.numPendingTests} skipped` : '';
    console.log(`${results.numPassedTests} passed, ${failed} failed${skipped}`);
    return code !== 0 || failed > 0 || results.numPassedTests === 0 ? 1 : 0;
  } catch {
    console.log('The tests did not come to an end.\n0 passed, 1 failed');
    return 1;
  }
}

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}
