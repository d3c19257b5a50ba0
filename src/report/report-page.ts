import type { Timetable } from '../history/timetable.ts';
import { accountSection, type SectionContext } from './account-section.ts';
import { fleetSummary, fleetTable } from './fleet-section.ts';
import { type Html, html } from './html.ts';
import { patterns } from './legend.ts';
import { page } from './page.ts';
import type { AccountDetail, FleetData, ReportData } from './report-data.ts';
import { accountTitle, time } from './words.ts';

export function reportPage(data: ReportData, timetable: Timetable | null): string {
  const title = titleOf(data);
  const context: SectionContext = {
    nowMs: Date.parse(data.asOf),
    timetable,
    streams: data.streams,
    level: data.fleet === null ? 3 : 5,
  };
  return page(
    title,
    html`${patterns}<header><h1>${title}</h1><p>As of ${time(data.asOf)}. All times in UTC. Made by <code>bitmart-sync report</code>; it does not update itself.</p></header><main>${
      data.fleet === null
        ? data.details.map((detail) => accountSection(detail, context))
        : fleet(data, data.fleet, context)
    }</main>`,
  );
}

function titleOf({ fleet: ofFleet, details, ownerId }: ReportData): string {
  const [detail] = details;
  if (ofFleet === null && detail !== undefined) return `BitMart history: ${accountTitle(detail.status)}`;
  return ownerId === null ? 'BitMart history of all accounts' : `BitMart history of ${ownerId}`;
}

function fleet({ details }: ReportData, { accounts, count }: FleetData, context: SectionContext): Html {
  if (count === 0)
    return html`<p class="summary">No account is linked yet. A user’s key is linked with <code>bitmart-sync --owner ID link</code>.</p>`;
  const detailed = new Set(details.map(({ status }) => status.accountId));
  const unlisted = count - accounts.length;
  return html`<h2>At a glance</h2>${fleetSummary(accounts, context.nowMs)}<h2>Accounts</h2>${
    unlisted > 0 &&
    html`<p>Only the ${accounts.length.toLocaleString('en-GB')} with the least time left are listed and counted; ${unlisted.toLocaleString('en-GB')} more are not.</p>`
  }${fleetTable(accounts, detailed, context.nowMs)}<h2>In detail</h2><p>${
    count > details.length
      ? `The first ${details.length} of them. Of any other: bitmart-sync --owner OWNER report ID --out FILE`
      : 'All of them.'
  }</p>${details.map((detail) => collapsed(detail, context))}`;
}

// The target of a link is inside, because browsers then open the collapsed element.
function collapsed(detail: AccountDetail, context: SectionContext): Html {
  const { status } = detail;
  return html`<details class="account"><summary><h3>${accountTitle(status)}</h3> <span class="aside">${status.ownerId} · ${status.status}</span></summary><div id="account-${status.accountId}">${accountSection(detail, context)}</div></details>`;
}
