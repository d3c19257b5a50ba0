import type { StreamCoverage } from '../answers/index.ts';
import { type Html, html } from './html.ts';
import { segmentWords } from './legend.ts';
import type { AccountDetail } from './report-data.ts';
import { recentMs } from './verdict.ts';
import { deadline, riskOf, streamTitle, time } from './words.ts';

/** All histories of an account, one line each; on a phone each line becomes a card. */
export function streamTable({ status, explanation }: AccountDetail, nowMs: number): Html {
  const risks = status.streams.map(({ stream }) =>
    riskOf(explanation.findings.filter((each) => each.stream === stream)),
  );
  const columns = [...always, ...(risks.some((risk) => risk !== null) ? ['lost after'] : [])];
  return html`<table class="cards" role="table"><caption>Each history: what is stored, and what answers of BitMart vouch for. Times in UTC.</caption><thead role="rowgroup"><tr role="row">${columns.map(
    (name) => html`<th scope="col" role="columnheader" class="${name === 'records' ? 'number' : ''}">${name}</th>`,
  )}</tr></thead><tbody role="rowgroup">${status.streams.map((stream, index) => {
    const cells: readonly Html[] = [
      html`<td role="cell" class="number" data-name="records">${stream.rows.toLocaleString('en-GB')}</td>`,
      html`<td role="cell" data-name="covered from">${time(stream.covered[0]?.[0] ?? null)}</td>`,
      html`<td role="cell" data-name="through">${time(stream.through)}</td>`,
      html`<td role="cell" data-name="gaps since">${gapsText(stream, nowMs)}</td>`,
      ...(columns.length > always.length
        ? [html`<td role="cell" data-name="lost after">${deadline(risks[index] ?? null, nowMs)}</td>`]
        : []),
    ];
    return html`<tr role="row"><th scope="row" role="rowheader" data-name="history">${streamTitle(stream.stream)}</th>${cells}</tr>`;
  })}</tbody></table>`;
}

const always = ['history', 'records', 'covered from', 'through', 'gaps since'];

/** What is missing since the first covered instant; if nothing is covered, why. */
function gapsText({ covered, gaps, through }: StreamCoverage, nowMs: number): string {
  const from = covered[0]?.[0];
  if (from === undefined) return segmentWords[gaps.at(-1)?.reason ?? 'not-yet-read'].name;
  const isRecent = (gap: Gap) =>
    gap.reason === 'not-yet-read' && gap.from >= (through ?? '') && nowMs - Date.parse(gap.from) < recentMs;
  const count = gaps.filter((gap) => gap.to > from && !isRecent(gap)).length;
  return count === 0 ? 'none' : String(count);
}

type Gap = StreamCoverage['gaps'][number];
