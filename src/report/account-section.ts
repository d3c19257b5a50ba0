import { commandText } from '../answers/explanation/command-text.ts';
import type { Finding } from '../answers/explanation/finding.ts';
import type { StreamCoverage } from '../answers/index.ts';
import type { Stream } from '../history/stream.ts';
import type { Timetable } from '../history/timetable.ts';
import { densityStrip } from './density-strip.ts';
import { evidenceOf } from './evidence.ts';
import { type Html, html } from './html.ts';
import type { AccountDetail, StreamDetail } from './report-data.ts';
import { statusBadge } from './status-badge.ts';
import { timelineDrawing, timelineWords } from './timeline.ts';
import { timelineOf } from './timeline-segments.ts';
import { deadline, time } from './times.ts';

export interface SectionContext {
  readonly nowMs: number;
  readonly timetable: Timetable | null;
  readonly streams: readonly Stream[];
  /** Level of the streams' headings: one below the account's. */
  readonly level: 3 | 4;
  /** What the patterns mean, where it is not said elsewhere on the page. */
  readonly legend: Html | null;
}

/** Everything about one account, below a heading that the caller sets. */
export function accountSection(detail: AccountDetail, context: SectionContext): Html {
  const { status, explanation } = detail;
  return html`<p class="summary">${statusBadge(status.status)} ${explanation.summary}</p>${facts(detail, context)}${findings(explanation.findings)}${context.legend}${status.streams.map(
    (coverage) => streamSection(coverage, detail, context),
  )}`;
}

function facts({ status }: AccountDetail, { nowMs }: SectionContext): Html {
  return html`<dl class="facts"><div><dt>account</dt><dd><code>${status.accountId}</code></dd></div><div><dt>owner</dt><dd>${status.ownerId}</dd></div>${
    status.subAccount !== null && html`<div><dt>sub-account</dt><dd>${status.subAccount}</dd></div>`
  }<div><dt>next sync</dt><dd>${time(status.nextSyncAt)}</dd></div><div><dt>history at risk from</dt><dd>${deadline(status.historyAtRiskAt, nowMs)}</dd></div></dl>`;
}

/** What is wrong and what to do, as `explain` says it; what nobody has to mend stands aside. */
function findings(all: readonly Finding[]): Html {
  const remarks = all.filter(({ weight }) => weight === 'informs');
  const others = all.filter(({ weight }) => weight !== 'informs');
  return html`${
    others.length > 0 &&
    html`<ul class="findings">${others.map((finding) => html`<li class="${finding.weight}">${findingText(finding)}</li>`)}</ul>`
  }${
    remarks.length > 0 &&
    html`<details class="remarks"><summary>What can’t be mended, or needn’t be (${remarks.length})</summary><ul>${remarks.map(
      ({ sentence, remedy }) => html`<li>${sentence}${remedy !== null && ` ${remedy}`}</li>`,
    )}</ul></details>`
  }`;
}

function findingText({ weight, sentence, remedy, command, atRiskAt }: Finding): Html {
  const isUrgent = weight === 'hinders' && atRiskAt !== null;
  return html`<p><b>${weight === 'hinders' ? 'In the way' : 'Warning'}:</b> ${sentence}</p>${remedy !== null && html`<p>→ ${remedy}</p>`}${
    command !== null && html`<p><code>${command}</code></p>`
  }${isUrgent && html`<p class="aside">The first record is lost after ${time(atRiskAt)}.</p>`}`;
}

function streamSection(coverage: StreamCoverage, detail: AccountDetail, context: SectionContext): Html {
  const { nowMs, timetable, streams, level } = context;
  const stream = streams.find(({ name }) => name === coverage.stream);
  const { rowsPerDay, evidence } = detail.streams.find((each) => each.stream === coverage.stream) ?? unknown;
  if (stream === undefined) return html`<h${level}>${coverage.stream}</h${level}>`;
  const oldestDay = rowsPerDay[0]?.day ?? null;
  const timeline = timelineOf(coverage, stream, { nowMs, timetable, oldestDay });
  const inWords = timelineWords(timeline, nowMs);
  const title = `Timeline of ${coverage.stream}; the list below says the same in words`;
  return html`<section class="stream"><h${level}>${coverage.stream} <span class="aside">${
    coverage.complete ? 'complete' : 'not complete'
  } · ${coverage.rows.toLocaleString('en-GB')} rows</span></h${level}>${timelineDrawing(timeline, title, nowMs)}${densityStrip(rowsPerDay, timeline, coverage.stream)}<dl class="facts"><div><dt>from</dt><dd>${time(coverage.from)}</dd></div><div><dt>through</dt><dd>${time(coverage.through)}</dd></div><div><dt>settled through</dt><dd>${time(coverage.settledThrough)}</dd></div><div><dt>last read</dt><dd>${time(coverage.lastReadAt)}</dd></div><div><dt>at risk from</dt><dd>${deadline(coverage.atRiskAt, nowMs)}</dd></div></dl><h${level + 1}>In words</h${level + 1}>${inWords}${evidenceOf(
    coverage,
    evidence,
    level + 1,
    commandText(detail.status, 'coverage', '--evidence'),
  )}</section>`;
}

const unknown: Omit<StreamDetail, 'stream'> = { rowsPerDay: [], evidence: [] };
