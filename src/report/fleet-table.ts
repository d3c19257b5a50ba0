import type { GapReason } from '../answers/index.ts';
import { type Html, html } from './html.ts';
import type { AccountLine } from './report-data.ts';
import { riskOf } from './risk.ts';
import { segmentWords } from './segment-words.ts';
import { statusBadge } from './status-badge.ts';
import { deadline, time } from './times.ts';
import { accountTitle } from './words.ts';

/** One line per account. On a phone each line becomes a card, hence the roles: they would be lost with the layout. */
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

/** Until when all streams are complete that the key can read; null while one of them is not. */
function completeThrough({ complete, streams }: AccountLine['status']): string | null {
  if (!complete) return null;
  return (
    streams
      .filter(({ unreadable }) => unreadable === undefined)
      .map(({ through }) => through)
      .filter((through) => through !== null)
      .sort()[0] ?? null
  );
}

function missingText(findings: AccountLine['explanation']['findings']): string {
  const causes = new Set(findings.filter(({ severity }) => severity === 'error').map(({ cause }) => nameOf(cause)));
  return causes.size === 0 ? '–' : [...causes].join(', ');
}

function nameOf(cause: string): string {
  return segmentWords[cause as GapReason]?.name ?? cause.replaceAll('-', ' ');
}
