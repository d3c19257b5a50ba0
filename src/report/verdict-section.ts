import type { Status } from '../answers/index.ts';
import { type Html, html } from './html.ts';
import { sentenceOf, type Verdict, verdictsOf } from './verdict.ts';

/** What a reader came for, large: which years are complete, and what is not there. */
export function verdictSection({ streams }: Status, nowMs: number): Html {
  const [latest, ...others] = verdictsOf(streams, nowMs);
  if (latest === undefined) return html``;
  return html`<div class="verdict">${verdict(latest)}</div>${
    others.length > 0 && html`<ul class="verdicts">${others.map((other) => html`<li>${verdict(other)}</li>`)}</ul>`
  }`;
}

/** As many parts are read as one sentence; more are a list. */
const maxClauses = 2;

function verdict({ years, complete, head, clauses }: Verdict): Html {
  const isSentence = clauses.length <= maxClauses;
  const text = sentenceOf({ head, clauses: isSentence ? clauses : [] });
  return html`<span class="mark ${complete ? 'good' : 'busy'}" aria-hidden="true">${complete ? '✓' : '◐'}</span><div><b>${years}</b>${text}${
    !isSentence &&
    html`<ul>${clauses.map((clause) => html`<li>${clause.charAt(0).toUpperCase() + clause.slice(1)}.</li>`)}</ul>`
  }</div>`;
}
