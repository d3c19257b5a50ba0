import { checkingPage } from './checks.ts';
import { exitedPage, expiredPage, linkedPage } from './endings.ts';
import { formPage, refusedPage } from './form.ts';
import type { PageContent, SessionPage } from './page.ts';

/** The current state of a session: a first visit, a reload, the back button and a second tab all show it. */
export function sessionPage(page: SessionPage): PageContent {
  switch (page.session.state) {
    case 'open':
      return formPage(page);
    case 'checking':
      return checkingPage(page);
    case 'refused':
      return refusedPage(page);
    case 'linked':
      return linkedPage(page);
    case 'exited':
      return exitedPage(page);
    case 'expired':
      return expiredPage(page);
  }
}
