import { setTimeout as sleep } from 'node:timers/promises';

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What Prometheus would read from a worker now. */
export async function scrape(address: string): Promise<readonly Sample[]> {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', labels = '', value = ''] = /^([\w:]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', label = '']) => [key, label]);
      return {
        name,
        labels: Object.fromEntries(pairs),
        value: value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value),
      };
    });
}

/** The sum of all samples of a metric that have these labels; null when there is none. */
export function total(
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | null {
  const found = samples.filter(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  return found.length === 0 ? null : found.reduce((sum, sample) => sum + sample.value, 0);
}

const timeoutMs = 60_000;

/** Scrapes until it shows what is waited for. */
export async function scrapeUntil(
  address: string,
  shows: (samples: readonly Sample[]) => boolean,
): Promise<readonly Sample[]> {
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    const samples = await scrape(address);
    if (shows(samples)) return samples;
    if (Date.now() > deadlineMs) throw new Error(`In vain waited for a metric: ${JSON.stringify(samples)}`);
    await sleep(200);
  }
}
