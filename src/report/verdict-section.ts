import type { Status } from '../answers/index.ts';
import { type Html, html } from './html.ts';
import { sentenceOf, type Verdict, verdictsOf } from './verdict.ts';
import { dayAndTime } from './words.ts';

/** The main result, in large type: which years are complete, and what is missing. */
export function verdictSection({ streams, balances }: Status, nowMs: number): Html {
  const [latest, ...others] = verdictsOf(streams, nowMs);
  if (latest === undefined) return html``;
  return html`<div class="verdict">${verdict(latest)}</div>${
    others.length > 0 && html`<ul class="verdicts">${others.map((other) => html`<li>${earlier(other)}</li>`)}</ul>`
  }${balances && html`<p class="balances"><b>Balances</b> ${balanceTexts[balances.verdict]} (compared ${dayAndTime(Date.parse(balances.at))}). This is a second witness beside the answers above, and neither overrules the other.</p>`}`;
}

const balanceTexts = {
  balanced: 'agree with the stored records wherever they can be compared',
  unexplained: 'differ from what the stored records explain',
  'not-comparable': 'can not be compared with the stored records yet',
} as const;

/** Up to this many clauses make one sentence; more become a list. */
const maxClauses = 2;

function verdict({ years, complete, head, clauses }: Verdict): Html {
  const isSentence = clauses.length <= maxClauses;
  const text = sentenceOf({ head, clauses: isSentence ? clauses : [] });
  return html`${mark(complete)}<div><b>${years}</b>${text}${!isSentence && listed(clauses)}</div>`;
}

/** A line for each earlier year, which opens to show its reasons. */
function earlier(year: Verdict): Html {
  const { years, complete, head, clauses } = year;
  if (clauses.length === 0) return verdict(year);
  return html`<details><summary>${mark(complete)} <b>${years}</b>${head}.</summary>${listed(clauses)}</details>`;
}

function mark(complete: boolean): Html {
  return html`<span class="mark ${complete ? 'good' : 'busy'}" aria-hidden="true">${complete ? '✓' : '◐'}</span>`;
}

function listed(clauses: readonly string[]): Html {
  return html`<ul>${clauses.map((clause) => html`<li>${clause.charAt(0).toUpperCase() + clause.slice(1)}.</li>`)}</ul>`;
}
