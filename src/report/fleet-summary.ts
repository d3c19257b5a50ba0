import type { AccountStatus } from '../answers/index.ts';
import { type Html, html } from './html.ts';
import type { AccountLine } from './report-data.ts';
import { riskOf } from './risk.ts';

const dayMs = 86_400_000;

/** The fleet in a few numbers, each with what it counts. */
export function fleetSummary(lines: readonly AccountLine[], nowMs: number): Html {
  const within = (days: number) =>
    lines.filter(({ explanation }) => Date.parse(riskOf(explanation.findings) ?? '9999-12-31') < nowMs + days * dayMs)
      .length;
  const lost = lines.filter(({ status }) =>
    status.streams.some(({ gaps }) => gaps.some(({ reason }) => reason === 'expired-unread')),
  );
  const figures: readonly (readonly [number, string])[] = [
    [lines.length, 'accounts'],
    [lines.filter(({ explanation }) => explanation.complete).length, 'complete'],
    [within(1), 'lose history within a day, unless it is read'],
    [within(7), 'lose history within 7 days'],
    [
      lines.filter(({ status }) => status.status === 'needs-attention').length,
      'need a new key, or another act of a person',
    ],
    [lost.length, 'have lost history since linking'],
  ];
  return html`<ul class="figures">${figures.map(([figure, what]) => html`<li><b>${figure.toLocaleString('en-GB')}</b> ${what}</li>`)}</ul><p>By status: ${byStatus(lines)}.</p>`;
}

function byStatus(lines: readonly AccountLine[]): string {
  const counts = new Map<AccountStatus, number>();
  for (const { status } of lines) counts.set(status.status, (counts.get(status.status) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([status, count]) => `${count.toLocaleString('en-GB')} ${status}`)
    .join(', ');
}
