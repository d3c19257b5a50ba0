import type { Coverage, PageEvidence, StreamCoverage } from '../answers/index.ts';
import type { Paint } from './output.ts';

/** For every covered range the answers of BitMart behind it; to the millisecond, because this is what an auditor compares. */
export function evidenceLines(stream: StreamCoverage, paint: Paint): readonly string[] {
  return stream.covered.flatMap(([from, to]) => [
    `covered  ${from} → ${to}`,
    ...(stream.evidence ?? [])
      .filter((page) => provesSomeOf(page, from, to))
      .map((page) => `  ${pageText(page, paint)}`),
  ]);
}

/** Whether what is claimed is what the stored pages prove, at the end of the evidence. */
export function verificationLines({ verified, differences = [] }: Coverage, paint: Paint): readonly string[] {
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

/** Times are ISO texts in UTC, which compare as they stand. */
function provesSomeOf({ claim, answered }: PageEvidence, from: string, to: string): boolean {
  return [...claim, ...answered].some(([start, end]) => start < to && end > from);
}
