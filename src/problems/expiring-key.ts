import type { Problem } from '../history/failure.ts';
import { describeProblem } from './describe-problem.ts';

const noticeMs = 14 * 86_400_000;

/** The problem that a key expires soon, told two weeks ahead; null before, and for a key that does not expire. */
export function expiryProblem(expiresAtMs: number | null, nowMs: number): Problem | null {
  if (expiresAtMs === null || expiresAtMs - nowMs > noticeMs) return null;
  return describeProblem({ code: 'key-expires-soon', facts: { expiresAtMs } });
}
