import { html } from 'hono/html';
import type { Html, SessionPage } from './page.ts';

/** What to do at BitMart, step by step. */
export function guide(page: SessionPage, options: { readonly open: boolean }): Html {
  const { texts, addresses } = page;
  const { steps, picture } = texts.guide;
  const step = ([title, text]: readonly [string, string], more: Html | '' = '') =>
    html`<li><strong>${title}</strong><span>${text}</span>${more}</li>`;
  const list = html`<ol class="steps">
      ${step(steps.open)}
      ${step(
        steps.memo,
        html`<figure>${drawing(picture, addresses[0] ?? '')}<figcaption>${picture.caption}</figcaption></figure>`,
      )}
      ${step(steps.permission)}
      ${addresses.length === 0 ? step(texts.guide.noAddresses) : step(texts.guide.addresses, addressList(page))}
      ${step(steps.confirm)} ${step(steps.copy)}
    </ol>`;
  return options.open
    ? html`<section class="guide"><h2>${texts.guide.heading}</h2>${list}</section>`
    : html`<details class="panel guide"><summary>${texts.guide.heading}</summary>${list}</details>`;
}

function addressList({ addresses, texts }: SessionPage): Html {
  return html`<span class="addresses">
    <code id="addresses">${addresses.join(', ')}</code>
    <button type="button" class="small" data-copy="addresses" data-copied="${texts.buttons.copied}" hidden>
      ${texts.buttons.copy}
    </button>
  </span>`;
}

/** Our own drawing of the form at BitMart; the fields that the user chooses are marked. */
function drawing(words: SessionPage['texts']['guide']['picture'], address: string): Html {
  return html`<svg viewBox="0 0 320 176" role="img" aria-label="${words.caption}: ${words.memo} = ${words.note}">
    <rect class="sheet" x="1" y="1" width="318" height="174" rx="8" />
    <text class="title" x="16" y="26">${words.title}</text>
    <text class="label" x="16" y="50">${words.memo}</text>
    <rect class="box marked" x="16" y="56" width="288" height="26" rx="4" />
    <text class="value" x="26" y="74">${words.note}</text>
    <rect class="tick" x="16" y="96" width="14" height="14" rx="3" />
    <path class="check" d="M19 103l3 3 6-6" />
    <text class="label" x="38" y="108">${words.permission}</text>
    <text class="label" x="16" y="132">${words.addresses}</text>
    <rect class="box" x="16" y="138" width="288" height="26" rx="4" />
    <text class="quiet" x="26" y="156">${address}</text>
  </svg>`;
}
