import type { ProblemCode, ProblemFacts } from '../history/failure.ts';

/**
 * - `error`: because of it something is not read, or a key is refused
 * - `warning`: everything that is served is read; a person should act, or look
 * - `notice`: no action is needed
 */
export type Severity = 'error' | 'warning' | 'notice';

export function severityOf(code: ProblemCode, facts: ProblemFacts = {}): Severity {
  // What is a warning about a key that works is why another one is refused.
  if (facts.isRefused) return 'error';
  if (code === 'exchange-closed') return facts.isEndpointWithdrawn ? 'warning' : 'notice';
  if (facts.notForSubAccounts) return 'notice';
  return warnings.has(code) ? 'warning' : 'error';
}

const warnings: ReadonlySet<ProblemCode> = new Set([
  'key-expires-soon',
  'key-can-withdraw',
  'key-can-trade',
  'same-account',
  'fills-missing',
  'sub-account-needs-own-key',
]);
