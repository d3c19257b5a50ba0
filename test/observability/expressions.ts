import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repository } from '../compose/compose-file.ts';

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export const folder = join(repository, 'observability');

export function alerts(): readonly Alert[] {
  const { groups } = parse(readFileSync(join(folder, 'alerts.yml'), 'utf8')) as {
    groups: readonly { readonly rules: readonly Alert[] }[];
  };
  return groups.flatMap((group) => group.rules);
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly targets?: readonly { readonly expr: string }[];
}

export function panels(): readonly Panel[] {
  return JSON.parse(readFileSync(join(folder, 'grafana/dashboards/fleet.json'), 'utf8')).panels;
}

/** Every expression of a rule or a panel, with where it stands. */
export function expressions(): readonly { readonly where: string; readonly expr: string }[] {
  return [
    ...alerts().map(({ alert, expr }) => ({ where: alert, expr })),
    ...panels().flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ where: title, expr }))),
  ];
}

/** The names of our metrics and of Temporal's in an expression. */
export function metricsIn(expr: string): readonly string[] {
  return [...expr.matchAll(/\b(?:bitmart_sync|temporal)_[a-z0-9_]+/g)].map(([name]) => name);
}
