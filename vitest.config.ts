import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Workers of Temporal patch globals and start threads of their own: every file gets a process.
    pool: 'forks',
    globalSetup: 'dev/end-with-stdin.ts',
    setupFiles: 'test/support/failed-tests.ts',
    // More than the two cores of CI: most system tests wait half of their time, for pauses between retries.
    maxWorkers: 4,
    // These only end what hangs: how long something takes on a busy machine is not what tests check.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 60_000 } },
    passWithNoTests: false,
  },
});
