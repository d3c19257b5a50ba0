import { html } from 'hono/html';
import { type PageContent, type SessionPage, wayBack } from './page.ts';

/** The session's time is over, and no key was submitted. */
export function expiredPage(page: SessionPage): PageContent {
  const { texts, platform } = page;
  return {
    state: 'expired',
    heading: texts.headings.expired,
    body: html`<p class="lead">${texts.leads.expired(platform)}</p>
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
