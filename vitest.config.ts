import { defineConfig } from 'vitest/config';
import { LongFilesFirst } from './dev/test-order.ts';

/** Their files share processes: what a process has only one of, as its environment, they leave as they found it. */
const pure = ['answers', 'bitmart', 'config', 'credentials', 'history', 'problems', 'sandbox', 'worker'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

export default defineConfig({
  test: {
    // Workers of Temporal patch globals and start threads of their own: every other file gets a process.
    projects: [
      { extends: true, test: { name: 'pure', include: pure, isolate: false } },
      { extends: true, test: { name: 'apart', include: ['test/**/*.test.ts'], exclude: pure } },
    ],
    pool: 'forks',
    globalSetup: 'dev/end-with-stdin.ts',
    setupFiles: 'test/support/failed-tests.ts',
    // More than the two cores of CI: most system tests wait half of their time, for pauses between retries.
    maxWorkers: 4,
    sequence: { sequencer: LongFilesFirst },
    // These only end what hangs: how long something takes on a busy machine is not what tests check.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 120_000 } },
    passWithNoTests: false,
  },
});
