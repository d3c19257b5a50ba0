import type { Coverage, StreamCoverage } from '../answers/index.ts';
import { type Html, html } from './html.ts';
import { segmentWords } from './legend.ts';
import { page } from './page.ts';
import { time } from './words.ts';

interface ArchivedAccount {
  readonly accountId: string;
  readonly exchangeAccountId: string | null;
  readonly label: string | null;
  readonly subAccount: string | null;
  readonly linkedAt: Date | null;
}

/** The first page of an archive: what it holds, what it does not, and how to verify it. */
export function archivePage(account: ArchivedAccount, { asOf, streams }: Coverage): string {
  const title = `BitMart history: ${account.label ?? account.accountId}`;
  return page(
    title,
    html`<header><h1>${title}</h1><p>As of ${time(asOf)}. All times in UTC. Made by <code>bitmart-sync archive</code>.</p></header><main>
<p class="summary">Records of one BitMart account, the answers of BitMart from which they were read, and a statement of what is covered and what is missing.</p>
<dl class="facts"><div><dt>account</dt><dd><code>${account.accountId}</code></dd></div>${
      account.exchangeAccountId !== null &&
      html`<div><dt>BitMart’s id of it</dt><dd>${account.exchangeAccountId}</dd></div>`
    }${account.subAccount !== null && html`<div><dt>sub-account</dt><dd>${account.subAccount}</dd></div>`}<div><dt>linked</dt><dd>${time(account.linkedAt?.toISOString() ?? null)}</dd></div></dl>
<h2>Records</h2>${recordTable(streams)}
<p>Amounts and ids have every digit that BitMart served: import a CSV file into a spreadsheet as text. <code>raw</code> is the row as BitMart served it, <code>page_id</code> the answer that it came with. <a href="report.html">The report</a> shows what is covered as a timeline, and <a href="coverage.json">coverage.json</a> to the millisecond.</p>
<h2>Verify it</h2><p>Unpack the archive, and run one of the two scripts in its folder. Each needs nothing but its language, and neither network nor the program that made the archive:</p><p><code>python3 verify.py</code> or <code>node verify.mjs</code></p>
<p>The script shows that no file was changed since the archive was made (if the SHA-256 of <a href="manifest.json">manifest.json</a> is the one that was noted then), that each record stands in an answer of BitMart, and that each covered range follows from answers that were not full.</p>
<p>It can’t show that the answers came from BitMart: BitMart does not sign them. It compares <code>raw</code> with the answers; columns and CSV files are made from <code>raw</code> and are not compared.</p>
<h2>Files</h2>${files}
<h2>What is not in it</h2><ul>${notKept.map((sentence) => html`<li>${sentence}</li>`)}</ul>
</main>`,
  );
}

function recordTable(streams: readonly StreamCoverage[]): Html {
  return html`<div class="scroll" role="group" tabindex="0" aria-label="Records of each stream"><table><thead><tr><th scope="col">stream</th><th scope="col" class="number">records</th><th scope="col">covered</th><th scope="col">missing</th><th scope="col">files</th></tr></thead><tbody>${streams.map(
    ({ stream, rows, covered, gaps }) =>
      html`<tr><th scope="row">${stream}</th><td class="number">${rows.toLocaleString('en-GB')}</td><td>${ranges(covered)}</td><td>${
        gaps.length === 0
          ? 'nothing'
          : gaps
              .slice(0, maxListed)
              .map(
                ({ from, to, reason }) => html`<div>${time(from)} to ${time(to)}: ${segmentWords[reason].name}</div>`,
              )
      }${more(gaps.length)}</td><td><a href="records/${stream}.csv">CSV</a> <a href="records/${stream}.ndjson">NDJSON</a></td></tr>`,
  )}</tbody></table></div>`;
}

function ranges(covered: StreamCoverage['covered']): Html | string {
  if (covered.length === 0) return 'nothing';
  return html`${covered.slice(0, maxListed).map(([from, to]) => html`<div>${time(from)} to ${time(to)}</div>`)}${more(covered.length)}`;
}

const maxListed = 12;

function more(count: number): Html | null {
  return count > maxListed ? html`<div class="aside">and ${count - maxListed} more: see coverage.json</div>` : null;
}

const files = html`<dl><dt><code>records/</code></dt><dd>every record, per stream as CSV and as NDJSON (one JSON document a line)</dd><dt><code>earlier-versions.ndjson</code></dt><dd>what records said before BitMart changed them</dd><dt><code>quarantined-rows.ndjson</code></dt><dd>rows that could not be read, or contradict a record, with the reason</dd><dt><code>pages.ndjson</code>, <code>pages/</code></dt><dd>the answers of BitMart: what was asked, what each proves, its SHA-256, and its bytes as they came</dd><dt><code>coverage.json</code></dt><dd>what is covered, and every gap with its reason</dd><dt><code>balances.ndjson</code></dt><dd>what the account held at moments at which it was asked</dd><dt><code>reconciliation.json</code></dt><dd>whether balances and records agree, per wallet and asset</dd><dt><code>manifest.json</code>, <code>manifest.sha256</code></dt><dd>the SHA-256 of every file, and that of the list</dd></dl>`;

/** Stated plainly, so that no reader takes the archive for more than it is. */
const notKept = [
  'Answers that said nothing new: no new or changed record, and no range that was not covered before. They were not stored.',
  'An answer that only confirmed what the answer before it had said, and covered a little more, has taken its place: the earlier one is gone. What it covered, the later one covers.',
  'The bytes of answers without any record. Of those pages the SHA-256 is kept, and “file” is null; that they were empty rests on what was noted when they came.',
  'Headers of requests and answers, and answers to other questions (key checks, balances, contract sizes). Of a balance its own row is kept.',
  'API keys.',
];
