/** Vitest's global setup: ends the tests with the run that started them, however that ended (see run-tests.ts). */
export default function setup(): void {
  if (process.env.TEST_ENDS_WITH_STDIN === undefined) return;
  process.stdin.resume().on('end', () => process.exit(1));
  process.stdin.on('error', () => process.exit(1));
  // An open pipe must not keep a run from its end.
  (process.stdin as { unref?: () => void }).unref?.();
}
