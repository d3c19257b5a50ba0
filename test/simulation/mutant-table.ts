import { caughtBy } from './mutants.ts';
import type { Rule } from './watch.ts';

const claims: Partial<Record<Rule, string>> = {
  a: 'nothing is lost that could be read',
  c: 'nothing is claimed that was not proved',
  d: 'everything is stored as served, to its last state',
  together: 'windows in flight together are disjoint',
  f: 'a gap says only what was asked and answered',
};

/** The deliberate bugs by the rule that finds them, as docs/verification.md shows them (`npm run simulate -- --bugs`). */
export function mutantTable(): string {
  const byRule = Map.groupBy(Object.entries(caughtBy), ([, rule]) => rule);
  const rows = [...byRule.keys()].toSorted().map((rule) => {
    const bugs = byRule.get(rule)?.map(([name]) => name) ?? [];
    return `| ${rule}: ${claims[rule] ?? rule} | ${bugs.join('; ')} |`;
  });
  return ['| rule | an engine that … |', '|---|---|', ...rows].join('\n');
}
