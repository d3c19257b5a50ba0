import { earliest } from '../answers/explanation/words.ts';
import type { AccountStatus, GapReason } from '../answers/index.ts';
import { type Html, html } from './html.ts';
import { segmentWords } from './legend.ts';
import type { AccountLine } from './report-data.ts';
import { accountTitle, deadline, riskOf, statusBadge, time } from './words.ts';

const dayMs = 86_400_000;

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

/** One line per account. On a phone each line becomes a card; the ARIA roles keep the table's meaning in that layout. */
export function fleetTable(lines: readonly AccountLine[], detailed: ReadonlySet<string>, nowMs: number): Html {
  return html`<table class="cards fleet" role="table"><caption>Accounts: what is lost soonest first, then what is not complete. Times in UTC.</caption><thead role="rowgroup"><tr role="row">${columns.map(
    (name) => html`<th scope="col" role="columnheader" class="${name === 'records' ? 'number' : ''}">${name}</th>`,
  )}</tr></thead><tbody role="rowgroup">${lines.map((line) => row(line, detailed, nowMs))}</tbody></table>`;
}

const columns = ['account', 'owner', 'status', 'lost after', 'complete through', 'records', 'in the way'] as const;

function row({ status, explanation }: AccountLine, detailed: ReadonlySet<string>, nowMs: number): Html {
  const { accountId } = status;
  const name = html`<span title="${accountId}">${accountTitle(status)}</span>`;
  const rows = status.streams.reduce((sum, stream) => sum + stream.rows, 0);
  const [account, owner, state, atRisk, through, count, missing] = columns;
  return html`<tr role="row"><th scope="row" role="rowheader" data-name="${account}">${
    detailed.has(accountId) ? html`<a href="#account-${accountId}">${name}</a>` : name
  }</th><td role="cell" class="owner" title="${status.ownerId}" data-name="${owner}">${status.ownerId}</td><td role="cell" data-name="${state}">${statusBadge(status.status)}</td><td role="cell" data-name="${atRisk}">${deadline(riskOf(explanation.findings), nowMs)}</td><td role="cell" data-name="${through}">${time(completeThrough(status))}</td><td role="cell" class="number" data-name="${count}">${rows.toLocaleString('en-GB')}</td><td role="cell" data-name="${missing}">${missingText(explanation.findings)}</td></tr>`;
}

/** Through when all streams that the key can read are complete; null if one of them is not. */
function completeThrough({ complete, streams }: AccountLine['status']): string | null {
  if (!complete) return null;
  return earliest(streams.filter(({ unreadable }) => unreadable === undefined).map(({ through }) => through));
}

function missingText(findings: AccountLine['explanation']['findings']): string {
  const causes = new Set(findings.filter(({ severity }) => severity === 'error').map(({ cause }) => nameOf(cause)));
  return causes.size === 0 ? '–' : [...causes].join(', ');
}

function nameOf(cause: string): string {
  return segmentWords[cause as GapReason]?.name ?? cause.replaceAll('-', ' ');
}
