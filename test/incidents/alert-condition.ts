import { alerts } from '../observability/expressions.ts';
import type { Sample } from '../observability/scrape.ts';

/** A worker's metrics at one moment; null when no worker answers. */
export type Scrape = readonly Sample[] | null;

const metric = '(\\w+)(?:\\{([^}]*)\\})?';
const greatest = new RegExp(`^max\\(${metric}\\) > ([\\d.]+)$`);
const share = new RegExp(
  `^sum\\(rate\\(${metric}\\[\\w+\\]\\)\\) */ sum\\(rate\\(${metric}\\[\\w+\\]\\)\\) > ([\\d.]+)$`,
);
const nobodyUp = 'absent(up{job="bitmart-sync"} == 1)';

/**
 * Whether an alert's expression, as observability/alerts.yml has it, holds for two scrapes of one worker: rates are taken
 * between the two. How long it would have to hold (`for`) is not waited for; test/observability tests that with promtool.
 */
export function conditionHolds(alert: string, before: Scrape, now: Scrape): boolean {
  const found = alerts().find((each) => each.alert === alert);
  if (found === undefined) throw new Error(`There is no alert ${alert}.`);
  const expression = found.expr.replaceAll(/\s+/g, ' ').trim();
  if (expression === nobodyUp) return now === null;
  if (now === null) return false;
  const [, name, matchers, bound] = greatest.exec(expression) ?? [];
  if (name !== undefined) return Math.max(...values(now, name, matchers)) > Number(bound);
  const [, part, ofPart, whole, ofWhole, least] = share.exec(expression) ?? [];
  if (part === undefined)
    throw new Error(`The expression of ${alert} is of a kind that is not evaluated here: ${expression}`);
  const increase = (named: string, labels: string | undefined) =>
    sum(now, named, labels) - sum(before ?? [], named, labels);
  const all = increase(whole as string, ofWhole);
  return all > 0 && increase(part, ofPart) / all > Number(least);
}

function sum(samples: readonly Sample[], name: string, matchers: string | undefined): number {
  return values(samples, name, matchers).reduce((total, value) => total + value, 0);
}

function values(samples: readonly Sample[], name: string, matchers = ''): readonly number[] {
  const wanted = [...matchers.matchAll(/(\w+)(=~|=)"([^"]*)"/g)].map(([, label = '', operator, text = '']) => ({
    label,
    pattern: operator === '=~' ? new RegExp(`^(?:${text})$`) : null,
    text,
  }));
  return samples
    .filter((sample) => sample.name === name)
    .filter(({ labels }) =>
      wanted.every(({ label, pattern, text }) =>
        pattern ? pattern.test(labels[label] ?? '') : labels[label] === text,
      ),
    )
    .map(({ value }) => value);
}
