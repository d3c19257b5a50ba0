import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { parse } from 'yaml';
import { repository } from '../compose/compose-file.ts';
import { alerts, expressions, folder, metricsIn, panels } from './expressions.ts';

const operations = readFileSync(join(repository, 'docs/runbook.md'), 'utf8');
const metrics = readFileSync(join(repository, 'src/worker/metrics/fleet-metrics.ts'), 'utf8');

interface RuleTest {
  readonly alert_rule_test: readonly {
    readonly alertname: string;
    readonly exp_alerts: readonly unknown[];
  }[];
}
const { tests } = parse(readFileSync(join(folder, 'alerts.test.yml'), 'utf8')) as { tests: readonly RuleTest[] };
const cases = tests.flatMap((each) => each.alert_rule_test);

describe.each(alerts())('$alert', ({ alert, annotations, labels }) => {
  it('is tested firing and not firing', () => {
    const own = cases.filter((each) => each.alertname === alert);
    expect(
      own.some((each) => each.exp_alerts.length > 0),
      'firing',
    ).toBe(true);
    expect(
      own.some((each) => each.exp_alerts.length === 0),
      'not firing',
    ).toBe(true);
  });

  it('links to a runbook entry: what it means, where to look, what to do, when to stop', () => {
    expect(annotations.runbook).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
    const entry = operations.split(/^#{2,4} /m).find((section) => section.startsWith(`${alert}\n`));
    expect(entry).toMatch(/\*\*Means\*\*: .+\*\*Look\*\*: .+\*\*Do\*\*: .+\*\*Stop\*\*: ./s);
    expect(labels.severity).toMatch(/^(critical|warning|ticket)$/);
  });
});

test('no runbook entry describes a removed alert', () => {
  const named = [...operations.matchAll(/^#### (BitmartSync\w+)$/gm)].map(([, name]) => name);
  expect(named.sort()).toEqual(
    alerts()
      .map(({ alert }) => alert)
      .sort(),
  );
});

test('figures of the fleet, which every worker shows, are never summed over workers', () => {
  const fleet = [...metrics.matchAll(/gauge\(\s*'(\w+)'/g)].map(([, name]) => `bitmart_sync_${name}`);
  expect(fleet).toContain('bitmart_sync_accounts_at_risk');
  for (const { where, expr } of expressions()) {
    for (const { index, 0: name } of expr.matchAll(/\bbitmart_sync_[a-z0-9_]+/g)) {
      if (!fleet.includes(name)) continue;
      const before = expr.slice(0, index);
      expect(before, `${where}: ${expr}`).toMatch(/\bmax( by \([a-z, ]+\))? ?\((max_over_time\()?$/);
    }
  }
});

test('the dashboard has a row for each question, panels that do not overlap, and nothing without a question', () => {
  const all = panels();
  expect(all.filter((panel) => panel.type === 'row').map((panel) => panel.title)).toEqual([
    'Is everything being saved?',
    'What is at risk?',
    'Why?',
    'What do I do?',
    'The machines',
  ]);
  expect(new Set(all.map((panel) => panel.id)).size).toBe(all.length);
  const taken = new Set<string>();
  for (const { title, gridPos } of all) {
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect(taken.has(`${x}/${y}`), title).toBe(false);
        expect(x, title).toBeLessThan(24);
        taken.add(`${x}/${y}`);
      }
    }
  }
  for (const { where, expr } of expressions()) {
    expect(metricsIn(expr).length + (expr.includes('up{') ? 1 : 0), where).toBeGreaterThan(0);
  }
});

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

/** `.ci/run` installs it; where it is missing, these are reported as skipped. */
describe.runIf(hasPromtool)('promtool (of Debian’s package prometheus)', () => {
  const promtool = (...args: readonly string[]) => {
    const ended = spawnSync('promtool', args, { cwd: folder, encoding: 'utf8' });
    return { status: ended.status, output: ended.stdout + ended.stderr };
  };

  it('accepts the rules and the configuration', () => {
    const rules = promtool('check', 'rules', 'alerts.yml');
    expect(rules, rules.output).toMatchObject({ status: 0 });
    const config = promtool('check', 'config', '--syntax-only', 'prometheus.yml');
    expect(config, config.output).toMatchObject({ status: 0 });
  });

  it('sees each alert fire and not fire as its tests say', () => {
    const ended = promtool('test', 'rules', 'alerts.test.yml');
    expect(ended, ended.output).toMatchObject({ status: 0 });
  });

  it('understands every expression of the dashboard', () => {
    const scratch = mkdtempSync(join(tmpdir(), 'bitmart-sync-test-'));
    const rules = panels().flatMap(({ targets = [] }) =>
      targets.map(({ expr }, position) => ({ record: `panel:expression:${position}`, expr })),
    );
    const file = join(scratch, 'panels.json');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules }] }));
    const ended = promtool('check', 'rules', '--lint=none', file);
    expect(ended, ended.output).toMatchObject({ status: 0 });
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules: [{ record: 'a:b', expr: 'sum(' }] }] }));
    expect(promtool('check', 'rules', '--lint=none', file).status, 'it can fail').not.toBe(0);
    rmSync(scratch, { recursive: true });
  });
});
