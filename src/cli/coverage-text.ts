import { provesSomeOf } from '../answers/evidence.ts';
import type { Coverage, PageEvidence, StreamCoverage } from '../answers/index.ts';
import { printable } from '../answers/printable.ts';
import type { Paint } from './output.ts';
import { rowCount, shortTime, streamsTable, verdictLines } from './render.ts';
import { indent } from './table.ts';

export function coverageText(coverage: Coverage, paint: Paint): string {
  const details = coverage.streams.map((stream) => {
    const gaps = stream.gaps.map(
      (gap) => `gap      ${shortTime(gap.from)} → ${shortTime(gap.to)}  ${paint('yellow', gap.reason)}`,
    );
    const covered =
      stream.evidence === undefined
        ? stream.covered.map(([from, to]) => `covered  ${shortTime(from)} → ${shortTime(to)}`)
        : evidenceLines(stream, paint);
    const aside = (stream.quarantined ?? []).map(
      ({ reason, rows }) => `aside    ${rowCount(rows)} that can't be read: ${paint('yellow', printable(reason))}`,
    );
    const missing = (stream.fillsMissing ?? []).map(
      ({ orderId, symbol, from, to, filled, stored }) =>
        `missing  ${shortTime(from)} → ${shortTime(to)}  ${paint('yellow', 'fills-missing')}: order ${printable(orderId)} (${printable(symbol)}) was filled by ${filled}, its trades by ${stored}`,
    );
    const served = stream.servedBack === null ? [] : [`served   back to ${shortTime(stream.servedBack)}`];
    const lines = [...covered, ...gaps, ...aside, ...missing, ...served];
    return [paint('bold', stream.stream), indent(lines.join('\n') || 'not read yet')].join('\n');
  });
  return [
    `${paint('bold', coverage.accountId)}  as of ${shortTime(coverage.asOf)} UTC`,
    streamsTable(coverage.streams, paint),
    verdictLines(coverage, paint),
    ...details,
    ...verificationLines(coverage, paint),
  ].join('\n');
}

/** BitMart's answers behind every covered range; to the millisecond, because auditors compare them. */
function evidenceLines(stream: StreamCoverage, paint: Paint): readonly string[] {
  return stream.covered.flatMap(([from, to]) => [
    `covered  ${from} → ${to}`,
    ...(stream.evidence ?? [])
      .filter((page) => provesSomeOf(page, from, to))
      .map((page) => `  ${pageText(page, paint)}`),
  ]);
}

/** Whether claims equal what the stored pages prove, at the end of the evidence. */
function verificationLines({ verified, differences = [] }: Coverage, paint: Paint): readonly string[] {
  if (verified === undefined) return [];
  if (verified) return [`${paint('green', 'verified')}: coverage is exactly what the stored pages prove`];
  return [
    `${paint('red', 'not verified')}: coverage is not what the stored pages prove`,
    ...differences.flatMap(({ stream, part, onlyInCoverage, onlyInPages }) => [
      ...onlyInCoverage.map(([from, to]) => `  ${stream} (${part}): ${from} → ${to} is claimed, and no page proves it`),
      ...onlyInPages.map(
        ([from, to]) => `  ${stream} (${part}): ${from} → ${to} is proved, and neither claimed nor a gap`,
      ),
    ]),
  ];
}

function pageText(page: PageEvidence, paint: Paint): string {
  const again = page.replayOf === null ? '' : `, read again from page ${page.replayOf}`;
  return [
    `page ${page.pageId}`,
    `${page.part}, asked ${page.askedFrom} → ${page.askedTo}`,
    page.rows === 1 ? '1 row' : `${page.rows} rows`,
    `sha256 ${paint('dim', page.sha256)}`,
    `answered ${page.answeredAt}, stored ${page.storedAt}${again}`,
  ].join(', ');
}
