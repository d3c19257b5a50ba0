/** What is counted on the page, by labels without personal data. A test checks the labels against these lists. */
export const pageSteps = ['opened', 'submitted', 'refused', 'linked', 'exited', 'expired', 'live', 'limited'] as const;
type PageStep = (typeof pageSteps)[number];

const buckets = [0.5, 1, 2, 3, 5, 10, 20, 30, 60];

/** Metrics in the text format of Prometheus. Two counters and a histogram need no library. */
export class LinkPageMetrics {
  readonly #steps = new Map<PageStep, number>(pageSteps.map((step) => [step, 0]));
  readonly #problems = new Map<string, number>();
  readonly #checks = { seconds: 0, count: 0, below: buckets.map(() => 0) };

  count(step: PageStep, times = 1): void {
    this.#steps.set(step, (this.#steps.get(step) ?? 0) + times);
  }

  /** A finished check. `problems`: their codes. */
  checked(seconds: number, problems: readonly string[]): void {
    this.#checks.seconds += seconds;
    this.#checks.count += 1;
    for (const [at, bucket] of buckets.entries()) {
      if (seconds <= bucket) this.#checks.below[at] = (this.#checks.below[at] ?? 0) + 1;
    }
    for (const code of problems) this.#problems.set(code, (this.#problems.get(code) ?? 0) + 1);
  }

  text(): string {
    const { seconds, count, below } = this.#checks;
    const histogram = 'bitmart_sync_link_check_seconds';
    return [
      '# HELP bitmart_sync_link_page_total What happened on the connection page',
      '# TYPE bitmart_sync_link_page_total counter',
      ...[...this.#steps].map(([step, times]) => `bitmart_sync_link_page_total{step="${step}"} ${times}`),
      '# HELP bitmart_sync_link_problems_total Problems of keys that were submitted on the connection page, by code',
      '# TYPE bitmart_sync_link_problems_total counter',
      ...[...this.#problems].map(([code, times]) => `bitmart_sync_link_problems_total{code="${code}"} ${times}`),
      `# HELP ${histogram} From submitting a key to its verdict`,
      `# TYPE ${histogram} histogram`,
      ...buckets.map((bucket, at) => `${histogram}_bucket{le="${bucket}"} ${below[at]}`),
      `${histogram}_bucket{le="+Inf"} ${count}`,
      `${histogram}_sum ${seconds}`,
      `${histogram}_count ${count}`,
      '',
    ].join('\n');
  }
}
