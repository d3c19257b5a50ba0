import { html } from 'hono/html';
import type { KeyCheckStep } from '../../history/ports.ts';
import { userWords } from '../../problems/describe-problem.ts';
import { dayOf } from '../../texts/index.ts';
import type { Html, PageContent, SessionPage } from './page.ts';
import { problemBoxes } from './problems.ts';

/** While the key is checked: one line per check, updated as soon as its verdict is known. */
export function checkingPage(page: SessionPage): PageContent {
  const { texts, session } = page;
  const isWaiting = session.answer?.outcome === 'undecided';
  const lines = checkLines(page);
  const done = lines.filter(({ verdict }) => verdict !== 'waiting').length;
  return {
    state: 'checking',
    heading: isWaiting ? texts.headings.waiting : texts.headings.checking,
    body: html`<p class="lead" data-part="lead">${isWaiting ? texts.leads.waiting : texts.leads.checking}</p>
      ${isWaiting && problemBoxes(page)}
      <p class="progress" role="status" data-part="progress">${texts.checks.progress(done, lines.length)}</p>
      ${lineList(lines, page)}`,
  };
}

/** The checks, collapsed, for interested users. */
export function checksSection(page: SessionPage, options: { readonly open: boolean }): Html {
  if (page.session.checks.length === 0) return html``;
  return html`<details class="panel" data-part="checks" ${options.open && html`open`}>
    <summary>${page.texts.checks.heading}</summary>
    ${lineList(checkLines(page), page)}
  </details>`;
}

interface CheckLine {
  readonly step: KeyCheckStep['step'];
  readonly name: string;
  readonly verdict: KeyCheckStep['verdict'] | 'waiting' | 'skipped';
  /** A note on the verdict. */
  readonly detail: string;
}

const keySteps = ['clock', 'key', 'secret', 'address', 'permissions', 'expiry'] as const;

function checkLines(page: SessionPage): readonly CheckLine[] {
  const { session, texts, streams } = page;
  // A repeated attempt of the check writes its lines again: the last one counts.
  const known = new Map(session.checks.map((check) => [check.step, check]));
  const line = (step: CheckLine['step'], name: string): CheckLine => {
    const check = known.get(step);
    const verdict = check?.verdict ?? (session.state === 'checking' ? 'waiting' : 'skipped');
    return { step, name, verdict, detail: check ? detailOf(page, check) : '' };
  };
  return [
    ...keySteps.map((step) => line(step, texts.checks.names[step])),
    ...streams.map((stream) => line(`stream:${stream}`, texts.checks.stream(texts.streams[stream] ?? stream))),
  ];
}

function detailOf({ texts, session }: SessionPage, { step, verdict, problem }: KeyCheckStep): string {
  if (problem !== undefined) return userWords({ code: problem }, texts).message;
  if (step === 'permissions') return verdict === 'passed' ? texts.checks.readOnly : texts.checks.rightsUnknown;
  if (step === 'expiry' && session.answer !== null) {
    const { keyExpiresAt } = session.answer;
    if (keyExpiresAt !== null) return texts.checks.expiresOn(dayOf(texts, keyExpiresAt));
    return verdict === 'passed' ? texts.checks.noExpiry : texts.checks.expiryUnknown;
  }
  return '';
}

function lineList(lines: readonly CheckLine[], { texts }: SessionPage): Html {
  return html`<ul class="checks">
    ${lines.map(
      ({
        step,
        name,
        verdict,
        detail,
      }) => html`<li data-verdict="${verdict}" data-check="${step}" data-part="check-${step}">
        <span class="mark" aria-hidden="true"></span>
        <span class="name">${name}</span>
        <span class="verdict">${texts.checks.verdicts[verdict]}</span>
        ${detail !== '' && html`<span class="detail">${detail}</span>`}
      </li>`,
    )}
  </ul>`;
}
