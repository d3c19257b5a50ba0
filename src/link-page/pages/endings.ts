import { html } from 'hono/html';
import type { Status, StreamCoverage } from '../../client/index.ts';
import { isWaiting } from '../../history/failure.ts';
import { userWords } from '../../problems/describe-problem.ts';
import { dayOf } from '../../texts/index.ts';
import { checksSection } from './checks.ts';
import { type Html, type PageContent, type SessionPage, wayBack } from './page.ts';
import { problemBoxes } from './problems.ts';

/** The session's time is over. A key that was submitted and not refused may be stored, and is then still checked. */
export function expiredPage(page: SessionPage): PageContent {
  const { texts, platform, session } = page;
  const lead = session.attempts === 0 || session.answer?.outcome === 'refused' ? 'expired' : 'expiredUnchecked';
  return {
    state: 'expired',
    heading: texts.headings.expired,
    body: html`<p class="lead">${texts.leads[lead](platform)}</p>
      ${wayBack(page, 'exited')}`,
  };
}

export function exitedPage(page: SessionPage): PageContent {
  const { texts } = page;
  return {
    state: 'ended',
    heading: texts.headings.exited,
    body: html`<p class="lead">${texts.leads.exited}</p>
      ${wayBack(page, 'exited')}`,
  };
}

/** A confirmation for browsers without JavaScript, because following a link must not change anything. */
export function leavingPage(page: SessionPage): PageContent {
  const { texts, path } = page;
  return {
    state: 'leaving',
    heading: texts.headings.leaving,
    body: html`<p class="lead">${texts.leads.leaving}</p>
      <form method="post" action="${path}/exit">
        <p class="actions">
          <button type="submit" class="primary">${texts.buttons.leave}</button>
          <a class="button" href="${path}">${texts.buttons.stay}</a>
        </p>
      </form>`,
  };
}

/** The account is linked: what the key may do, what the user gets, and what stays out of reach. */
export function linkedPage(page: SessionPage): PageContent {
  const { texts, session, status } = page;
  const kind =
    session.replaces !== null ? 'replaced' : session.answer?.alreadyLinked ? 'alreadyLinked' : ('linked' as const);
  const readOnly = session.answer?.readOnly ?? null;
  // The lead says that the history is being read.
  const isStopped = status !== null && readingOf(status) === 'stopped';
  return {
    state: 'linked',
    heading: texts.headings[kind],
    body: html`<p class="lead" data-part="lead">${isStopped ? '' : html`${texts.leads[kind]} <strong>${texts.leads.closePage}</strong>`}</p>
      ${readOnly === true && html`<p class="good" data-read-only="true">${texts.checks.readOnly}</p>`}
      ${readOnly === null && session.answer !== null && html`<p class="note" data-read-only="unknown">${texts.checks.rightsUnknown}</p>`}
      ${problemBoxes(page)} ${status !== null && historySection(page, status)} ${checksSection(page, { open: false })}
      ${wayBack(page, 'linked')}`,
  };
}

function historySection(page: SessionPage, status: Status): Html {
  const { texts, platformEndsAt, nowMs } = page;
  const isStillOpen = platformEndsAt !== null && platformEndsAt.getTime() > nowMs;
  const { history } = texts;
  const reading = readingOf(status);
  const { type, records, reach, missing } = history.columns;
  return html`<section class="history" aria-labelledby="history-heading">
    <h2 id="history-heading">${history.heading}</h2>
    <div data-part="reading" data-reading="${String(reading === 'reading')}">
      <p>${history[reading]}</p>
      ${reading === 'stopped' && reasonOf(page, status)}
    </div>
    <table>
      <thead>
        <tr>
          <th scope="col">${type}</th>
          <th scope="col">${records}</th>
          <th scope="col">${reach}</th>
          <th scope="col">${missing}</th>
        </tr>
      </thead>
      <tbody>
        ${status.streams.map((stream) => historyRow(page, stream, reading))}
      </tbody>
    </table>
    <p class="quiet">${history.files} ${isStillOpen && history.closes(dayOf(texts, platformEndsAt))}</p>
  </section>`;
}

type Reading = 'reading' | 'read' | 'stopped';

function readingOf({ status }: Status): Reading {
  if (status === 'backfilling' || status === 'checking') return 'reading';
  return status === 'live' ? 'read' : 'stopped';
}

/** Why nothing is read: a problem of one stream stops no other. */
function reasonOf({ texts }: SessionPage, { problems }: Status): Html | '' {
  const problem = problems.find(({ severity, stream }) => severity === 'error' && stream === undefined);
  if (problem === undefined || isWaiting(problem.code)) return '';
  const { message, remedy } = userWords({ code: problem.code, facts: problem.facts }, texts);
  return html`<div class="problem" data-problem="${problem.code}">
    <p><strong>${message}</strong></p>
    <p>${remedy}</p>
  </div>`;
}

function historyRow({ texts }: SessionPage, stream: StreamCoverage, reading: Reading): Html {
  const { history } = texts;
  const missing = missingTexts(texts, stream);
  const noneMissing = history[noneMissingText(stream, reading)];
  return html`<tr data-stream="${stream.stream}" data-rows="${stream.rows}" data-part="stream-${stream.stream}">
    <th scope="row">${texts.streams[stream.stream] ?? stream.stream}</th>
    <td data-label="${history.columns.records}">${history.records(stream.rows)}</td>
    <td data-label="${history.columns.reach}">${reachText(texts, stream)}</td>
    <td data-label="${history.columns.missing}">
      ${missing.length === 0 ? noneMissing : html`<ul class="missing">${missing.map((text) => html`<li>${text}</li>`)}</ul>`}
    </td>
  </tr>`;
}

function noneMissingText({ through, gaps }: StreamCoverage, reading: Reading) {
  if (reading === 'reading') return through === null ? 'stillReading' : 'nothingMissing';
  // The next sync reads the time since the last one, unless reading has stopped.
  const isUnread = gaps.some(
    ({ reason, from, to }) => reason === 'not-yet-read' && (reading === 'stopped' || from < (through ?? to)),
  );
  return isUnread ? 'notAskedYet' : 'nothingMissing';
}

function reachText(texts: SessionPage['texts'], stream: StreamCoverage): string {
  const { history } = texts;
  if (stream.servedBack !== null) return history.servedBack(dayOf(texts, stream.servedBack, 'medium'));
  if (stream.missingRight !== undefined) return history.needsRight(stream.missingRight);
  if (stream.lastReadAt !== null) return history.nothingServed;
  // What can't be read is not waited for; the reason stands in the next column.
  const cantBeRead = stream.gaps.some(({ reason }) => reason === 'refused' || reason === 'not-opened');
  return cantBeRead ? '–' : history.notAskedYet;
}

/** Each reason once, with the latest end of its gaps: a user asks until when, not how often. */
function missingTexts(
  texts: SessionPage['texts'],
  { gaps, missingRight, unreadable }: StreamCoverage,
): readonly string[] {
  const until = new Map<(typeof gaps)[number]['reason'], string>();
  for (const { reason, to } of gaps) if ((until.get(reason) ?? '') < to) until.set(reason, to);
  return [...until].flatMap(([reason, to]) => {
    if (reason === 'refused' && missingRight !== undefined) return [texts.history.missingRight(missingRight)];
    if (reason === 'refused' && unreadable === 'sub-account')
      return [userWords({ code: 'no-permission', facts: { notForSubAccounts: true } }, texts).message];
    return reason === 'not-yet-read' ? [] : [texts.history.gaps[reason](dayOf(texts, to, 'medium'))];
  });
}
