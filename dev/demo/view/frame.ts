import type { AccountStatus } from '../../../src/client/index.ts';
import { type AccountSight, recordsOf, rowsOf, type Snapshot, type StreamSight } from '../snapshot.ts';
import { coverageBar, readShare, shownDays, shownStretch } from './covered-time.ts';
import { bothEnds, cut, type Paint, type Style } from './paint.ts';
import { sparkline } from './sparkline.ts';
import { count, percent, secondsText } from './words.ts';

export interface FrameSize {
  readonly width: number;
  readonly height: number;
}

/** The live view as lines, none wider and not more of them than the terminal has room for. */
export function frameOf(snapshot: Snapshot, size: FrameSize, paint: Paint): readonly string[] {
  const layout = layoutFor(size.width);
  const accounts = snapshot.accounts.map((account) => ({
    head: accountLine(account, size.width, paint),
    streams: account.streams.map((stream) => streamLine(stream, snapshot.atMs, layout, paint)),
  }));
  const footer = [exchangeLine(snapshot, size.width, paint), lastLine(snapshot, paint)];
  const scale = layout.barWidth > 0 ? [paint('dim', legend), paint('dim', scaleLine(layout))] : [];
  const roomy = ['', ...scale, ...accounts.flatMap(({ head, streams }) => [head, ...streams, '']), ...footer];
  const tight = [...accounts.flatMap(({ head, streams }) => [head, ...streams]), ...footer];
  const short = [...accounts.map(({ head }) => head), ...footer];
  const fitting = [roomy, tight, short].find((lines) => lines.length <= size.height) ?? short.slice(0, size.height);
  return fitting.map((line) => cut(line, size.width));
}

/** What the demo is waiting for, or else where to see more. */
function lastLine({ notice, uiUrl }: Snapshot, paint: Paint): string {
  return notice === null ? paint('dim', `Temporal UI  ${uiUrl}`) : paint('yellow', notice);
}

interface Layout {
  readonly barWidth: number;
  readonly showsRecords: boolean;
  readonly showsRequests: boolean;
}

const legend = '  █ read  ▓▒░ partly  · not read   %: share of the time to read that is read';

/** Of the longest stream, `sub-account-transfers`, with a blank on each side. */
const nameWidth = 24;
const shareWidth = 6;
const rowsWidth = 9;
const recordsWidth = 10;
const requestsWidth = 16;
const widestBar = 66;
const narrowestBar = 10;

/** What does not fit is left out, the least important first. */
function layoutFor(width: number): Layout {
  const withoutBar = nameWidth + shareWidth + rowsWidth;
  const wanted = [
    { showsRecords: true, showsRequests: true, taken: withoutBar + recordsWidth + requestsWidth },
    { showsRecords: true, showsRequests: false, taken: withoutBar + recordsWidth },
    { showsRecords: false, showsRequests: false, taken: withoutBar },
  ];
  const fitting = wanted.find(({ taken }) => width - taken >= narrowestBar) ?? { ...wanted[2], taken: width };
  const { showsRecords = false, showsRequests = false, taken } = fitting;
  return { barWidth: Math.min(widestBar, width - taken), showsRecords, showsRequests };
}

function scaleLine({ barWidth }: Layout): string {
  return ' '.repeat(nameWidth) + bothEnds(`${shownDays} days ago`, 'now', barWidth);
}

const statusStyles: Readonly<Partial<Record<AccountStatus, Style>>> = {
  backfilling: 'yellow',
  live: 'green',
  'needs-attention': 'red',
};

function accountLine(account: AccountSight, width: number, paint: Paint): string {
  const { owner, label, status, delayMs } = account;
  const rows = `${count(rowsOf(account))} of ${count(recordsOf(account))} rows`;
  const delay = delayMs === null ? '' : `, new ones after ${secondsText(delayMs)}`;
  const name = `${paint('bold', owner)} ${paint('dim', label)}  ${paint(statusStyles[status] ?? 'cyan', status)}`;
  return bothEnds(name, rows + delay, width);
}

function streamLine(stream: StreamSight, nowMs: number, layout: Layout, paint: Paint): string {
  const share = readShare(stream, nowMs);
  const isWhole = stream.complete && share > 0.9999;
  const bar = layout.barWidth > 0 ? coverageBar(stream.parts, shownStretch(nowMs), layout.barWidth) : '';
  return [
    `  ${stream.stream}`.padEnd(nameWidth),
    paint(isWhole ? 'green' : 'cyan', bar),
    (stream.isRefused ? '–' : percent(share)).padStart(shareWidth),
    count(stream.rows).padStart(rowsWidth),
    layout.showsRecords ? paint('dim', ` of ${count(stream.records)}`.padEnd(recordsWidth)) : '',
    layout.showsRequests ? paint('dim', `${count(stream.requests)} requests`.padStart(requestsWidth)) : '',
  ].join('');
}

function exchangeLine({ exchange }: Snapshot, width: number, paint: Paint): string {
  const rate = `exchange  ${exchange.requestsPerSecond.toFixed(1).padStart(4)} requests/s  `;
  const line = paint(exchange.isDown ? 'red' : 'cyan', sparkline(exchange.recentRequests));
  const down = exchange.isDown ? paint('red', '  answers 503') : '';
  const refused = exchange.refused > 0 ? `, ${count(exchange.refused)} refused` : '';
  return bothEnds(rate + line + down, paint('dim', `${count(exchange.requests)} requests${refused}`), width);
}
