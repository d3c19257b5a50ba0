import type { PageEvidence, StreamCoverage } from '../answers/index.ts';
import { type Html, html } from './html.ts';
import { minuteText, time } from './times.ts';
import { streamTitle } from './words.ts';

// So many pages of one block are shown; the command line lists all.
const maxPages = 200;

/** Of every covered block the answers of BitMart that prove it. */
export function evidenceOf(coverage: StreamCoverage, evidence: readonly PageEvidence[], command: string): Html | null {
  if (coverage.covered.length === 0) return null;
  return html`${coverage.covered.map(([from, to]) => {
    const pages = evidence.filter(({ claim }) => claim.some(([start, end]) => start < to && end > from));
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
