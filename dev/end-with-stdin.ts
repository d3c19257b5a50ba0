/** Vitest's global setup: ends the tests with the run that started them, however that ended (see run-tests.ts). */
export default function setup(): void {
  if (process.env.TEST_ENDS_WITH_STDIN === undefined) return;
  // The group is ours alone, and holds the workers that tests have started.
  const end = () => process.kill(-process.pid, 'SIGKILL');
  process.stdin.resume().on('end', end).on('error', end);
  // An open pipe must not keep a run from its end.
  (process.stdin as { unref?: () => void }).unref?.();
}
