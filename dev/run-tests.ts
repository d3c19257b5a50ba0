/** `npm test`: one Postgres and one Temporal for the whole run, then vitest; the last line counts. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startStack } from './stack.ts';

const folder = mkdtempSync(join(tmpdir(), 'bitmart-sync-test-'));
const reportFile = join(folder, 'report.json');
const stack = await startStack({ directory: join(folder, 'stack'), temporary: true, say: (line) => console.log(line) });
let vitest: ReturnType<typeof spawn> | null = null;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => vitest?.kill(signal));

const status = await new Promise<number>((resolve) => {
  const entry = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
  vitest = spawn(process.execPath, [entry, 'run', ...reporters, ...process.argv.slice(2)], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      TEST_DATABASE_URL: stack.env.DATABASE_URL ?? '',
      TEMPORAL_ADDRESS: stack.env.TEMPORAL_ADDRESS ?? '',
      TEMPORAL_NAMESPACE: stack.env.TEMPORAL_NAMESPACE ?? 'default',
      TEMPORAL_UI: stack.env.TEMPORAL_UI ?? '',
    },
  });
  vitest.on('exit', (code) => resolve(code ?? 1));
});
await stack.stop();
process.exitCode = report(status);
rmSync(folder, { recursive: true, force: true });

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
