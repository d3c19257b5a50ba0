import type { Finding } from '../answers/explanation/finding.ts';

/**
 * When the first record is lost because of something that is in the way; null where nothing is. A healthy account is at no
 * risk, although it would be if reading stopped.
 */
export function riskOf(findings: readonly Finding[]): string | null {
  return (
    findings
      .flatMap(({ severity, atRiskAt }) => (severity === 'error' && atRiskAt !== null ? [atRiskAt] : []))
      .sort()[0] ?? null
  );
}

export function riskOfStream(findings: readonly Finding[], stream: string): string | null {
  return riskOf(findings.filter((finding) => finding.stream === stream));
}
