import { html } from 'hono/html';
import { checksSection } from './checks.ts';
import type { Html, PageContent, SessionPage } from './page.ts';
import { type FieldName, problemBoxes, problemOfField } from './problems.ts';

/** The form for the key, with the steps at BitMart next to the fields. */
export function formPage(page: SessionPage): PageContent {
  const { texts, platform, session } = page;
  const isReplacing = session.replaces !== null;
  return {
    state: 'form',
    heading: isReplacing ? texts.headings.replace : texts.headings.form(platform),
    body: html`<p class="lead">${isReplacing ? texts.leads.replace(platform) : texts.leads.form(platform)}</p>
      <div class="columns">${guide(page, { open: true })} ${keyForm(page)}</div>`,
  };
}

/** After a refusal, or where the key was lost before it was stored: what is wrong, then the same fields. */
export function refusedPage(page: SessionPage): PageContent {
  const { texts, session, maxAttempts, platform } = page;
  const triesLeft = maxAttempts - session.attempts;
  const kind = session.answer?.outcome === 'undecided' ? 'notChecked' : 'refused';
  return {
    state: 'refused',
    heading: texts.headings[kind],
    body: html`<p class="lead">${texts.leads[kind]}</p>
      ${problemBoxes(page)}
      <div class="columns">
        <div>${checksSection(page, { open: true })} ${guide(page, { open: false })}</div>
        <div>
          ${
            triesLeft > 0
              ? html`${keyForm(page)}
                  ${triesLeft <= 3 && html`<p class="quiet">${texts.leads.triesLeft(triesLeft)}</p>`}`
              : html`<p class="lead">${texts.leads.noTriesLeft(platform)}</p>`
          }
        </div>
      </div>`,
  };
}

function keyForm(page: SessionPage): Html {
  const { texts, path, session, nowMs } = page;
  const { fields, buttons, hints } = texts;
  const minutes = Math.max(1, Math.ceil((session.expiresAt.getTime() - nowMs) / 60_000));
  const isReplacing = session.replaces !== null;
  return html`<form method="post" action="${path}" autocomplete="off" data-form aria-labelledby="form-heading">
    <h2 id="form-heading">${fields.heading}</h2>
    ${session.state === 'refused' && html`<noscript><p class="quiet">${texts.leads.nothingKept}</p></noscript>`}
    ${field(page, 'apiKey', { required: true, hints: { 'secret-in-key': hints.secretInKeyField } })}
    ${field(page, 'apiSecret', { required: true, hints: { 'key-in-secret': hints.keyInSecretField } })}
    ${field(page, 'memo', {
      required: true,
      hints: {
        'memo-account-number': hints.memoLikeAccountNumber,
        'memo-key': hints.memoLikeKey,
        'memo-symbols': hints.memoWithSymbols,
      },
    })}
    ${
      !isReplacing &&
      html`<details class="fold"><summary>${fields.subAccount.summary}</summary>${field(page, 'subAccount', { required: false, hints: {} })}</details>`
    }
    <p class="problem" role="alert" data-not-sent hidden>${hints.notSent}</p>
    <p class="problem" role="alert" data-too-often hidden>${texts.headings.tooOften}. ${texts.leads.tooOften}</p>
    <p class="actions">
      <button type="submit" class="primary">${isReplacing ? buttons.replace : buttons.link}</button>
      <a class="button" data-exit href="${path}/exit">${buttons.cancel}</a>
    </p>
    <p class="quiet">${fields.privacy} <span data-part="minutes">${fields.minutesLeft(minutes)}</span></p>
  </form>`;
}

function field(
  page: SessionPage,
  name: FieldName,
  options: { readonly required: boolean; readonly hints: Readonly<Record<string, string>> },
): Html {
  const { texts, missing } = page;
  const { label, hint } = texts.fields[name];
  const isSecret = name === 'apiSecret';
  const problem = problemOfField(page, name);
  const error = missing.has(name) ? texts.fields.missing : problem ? texts.fields.atFault : null;
  const hints = { 'outer-blanks': texts.hints.outerBlanks, ...options.hints };
  return html`<div class="field">
    <label for="${name}">${label}</label>
    <p class="hint" id="${name}-hint">${hint}</p>
    <div class="input">
      <input
        id="${name}"
        name="${name}"
        type="${isSecret ? 'password' : 'text'}"
        autocomplete="off"
        autocapitalize="none"
        autocorrect="off"
        spellcheck="false"
        maxlength="512"
        data-1p-ignore
        data-lpignore="true"
        data-bwignore
        aria-describedby="${error === null ? '' : `${name}-error `}${name}-hint ${name}-notes"
        ${error !== null && html`aria-invalid="true"`}
        ${options.required && html`required`}
      />
      ${
        isSecret &&
        html`<button
          type="button"
          class="small"
          data-reveal="${name}"
          data-shown="${texts.buttons.hide}"
          aria-pressed="false"
          aria-label="${texts.buttons.show}: ${label}"
          hidden
        >
          ${texts.buttons.show}
        </button>`
      }
    </div>
    ${error !== null && html`<p class="error" id="${name}-error">${error}</p>`}
    <div class="notes" id="${name}-notes" aria-live="polite">
      ${Object.entries(hints).map(
        ([id, text]) => html`<p data-note="${id}" hidden>
          ${text} ${id === 'outer-blanks' && html`<button type="button" class="small" data-trim="${name}">${texts.buttons.remove}</button>`}
        </p>`,
      )}
    </div>
  </div>`;
}

/** What to do at BitMart, step by step. */
function guide(page: SessionPage, options: { readonly open: boolean }): Html {
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
