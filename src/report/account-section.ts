import { provesSomeOf } from '../answers/evidence.ts';
import { completeSentence } from '../answers/explanation/explanation.ts';
import { commandText } from '../answers/explanation/words.ts';
import type { PageEvidence, StreamCoverage } from '../answers/index.ts';
import { minuteText } from '../history/iso-time.ts';
import type { Stream } from '../history/stream.ts';
import type { Timetable } from '../history/timetable.ts';
import { causeCards } from './cause-cards.ts';
import { densityStrip } from './density-strip.ts';
import { type Html, html } from './html.ts';
import { legendOf } from './legend.ts';
import type { AccountDetail, StreamDetail } from './report-data.ts';
import { streamTable } from './stream-table.ts';
import { timelineDrawing, timelineWords } from './timeline.ts';
import { type Timeline, timelineOf } from './timeline-segments.ts';
import { verdictSection } from './verdict-section.ts';
import { deadline, riskOf, statusBadge, streamTitle, time } from './words.ts';

export interface SectionContext {
  readonly nowMs: number;
  readonly timetable: Timetable | null;
  readonly streams: readonly Stream[];
  /** Level of the streams' headings: one below the account's. */
  readonly level: 3 | 5;
}

/** Everything about one account, below the caller's heading: the verdict, what to do, then the details. */
export function accountSection(detail: AccountDetail, context: SectionContext): Html {
  const { status, explanation } = detail;
  const { nowMs, level } = context;
  const timelines = new Map(status.streams.map((coverage) => [coverage, timelineIn(coverage, detail, context)]));
  const drawn = [...timelines.values()].filter((timeline) => timeline !== null);
  return html`${verdictSection(status, nowMs)}<p class="summary">${statusBadge(status.status)} ${explanation.complete ? completeSentence(status) : explanation.summary}</p>${causeCards(status, explanation.findings)}${streamTable(detail, nowMs)}${facts(detail, context)}<h${level - 1}>Timelines</h${level - 1}>${legendOf(drawn, nowMs)}${status.streams.map(
    (coverage) => streamSection(coverage, timelines.get(coverage) ?? null, detail, context),
  )}`;
}

function facts({ status, explanation }: AccountDetail, { nowMs }: SectionContext): Html {
  const risk = riskOf(explanation.findings);
  return html`<dl class="facts"><div><dt>account</dt><dd><code>${status.accountId}</code></dd></div><div><dt>owner</dt><dd>${status.ownerId}</dd></div>${
    status.subAccount !== null && html`<div><dt>sub-account</dt><dd>${status.subAccount}</dd></div>`
  }${status.nextSyncAt !== null && html`<div><dt>next sync</dt><dd>${time(status.nextSyncAt)}</dd></div>`}${
    risk !== null && html`<div><dt>first loss</dt><dd>${deadline(risk, nowMs)}</dd></div>`
  }</dl>`;
}

function timelineIn(coverage: StreamCoverage, detail: AccountDetail, context: SectionContext): Timeline | null {
  const { nowMs, timetable, streams } = context;
  const stream = streams.find(({ name }) => name === coverage.stream);
  const oldestDay = detail.streams.find((each) => each.stream === coverage.stream)?.rowsPerDay[0]?.day ?? null;
  return stream === undefined ? null : timelineOf(coverage, stream, { nowMs, timetable, oldestDay });
}

function streamSection(
  coverage: StreamCoverage,
  timeline: Timeline | null,
  detail: AccountDetail,
  { nowMs, level }: SectionContext,
): Html {
  const title = streamTitle(coverage.stream);
  if (timeline === null) return html`<h${level}>${title}</h${level}>`;
  const { rowsPerDay, evidence } = detail.streams.find((each) => each.stream === coverage.stream) ?? unknown;
  const label = `Timeline of ${title}; the list below says the same in words`;
  return html`<section class="stream"><h${level}>${title} <span class="aside">${coverage.rows.toLocaleString('en-GB')} ${coverage.rows === 1 ? 'record' : 'records'}</span></h${level}><div class="chart">${timelineDrawing(timeline, label, nowMs)}${densityStrip(rowsPerDay, timeline, title)}</div><details class="words"><summary>In words</summary>${timelineWords(timeline, nowMs)}<dl class="facts"><div><dt>settled through</dt><dd>${time(coverage.settledThrough)}</dd></div><div><dt>last read</dt><dd>${time(coverage.lastReadAt)}</dd></div></dl></details>${evidenceOf(
    coverage,
    evidence,
    commandText(detail.status, 'coverage', '--evidence'),
  )}</section>`;
}

const unknown: Omit<StreamDetail, 'stream'> = { rowsPerDay: [], evidence: [] };

// At most this many pages of one block are shown; the command line lists all.
const maxPages = 200;

/** BitMart's answers that prove each covered block. */
function evidenceOf(coverage: StreamCoverage, evidence: readonly PageEvidence[], command: string): Html | null {
  if (coverage.covered.length === 0) return null;
  return html`${coverage.covered.map(([from, to]) => {
    const pages = evidence.filter((page) => provesSomeOf(page, from, to));
    const title = `${minuteText(from)} to ${minuteText(to)}`;
    return html`<details class="evidence"><summary>Evidence for ${title}: ${pages.length.toLocaleString('en-GB')} ${pages.length === 1 ? 'answer' : 'answers'} of BitMart</summary>${pagesTable(pages.slice(0, maxPages), `Answers of BitMart that prove ${streamTitle(coverage.stream)}, ${title} (UTC)`)}${
      pages.length > maxPages &&
      html`<p class="aside">The first ${maxPages} are shown. All of them: <code>${command}</code></p>`
    }</details>`;
  })}`;
}

function pagesTable(pages: readonly PageEvidence[], caption: string): Html {
  return html`<div class="scroll" role="group" tabindex="0" aria-label="${caption}"><table><caption>${caption}</caption><thead><tr><th scope="col">window requested</th><th scope="col">part</th><th scope="col" class="number">records</th><th scope="col">BitMart’s clock</th><th scope="col">SHA-256 of the answer</th></tr></thead><tbody>${pages.map(
    (page) =>
      html`<tr><td>${time(page.askedFrom)} to ${time(page.askedTo)}</td><td>${page.part}</td><td class="number">${page.rows}</td><td>${time(page.answeredAt)}</td><td><code class="hash">${page.sha256}</code></td></tr>`,
  )}</tbody></table></div>`;
}
