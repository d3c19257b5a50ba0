import { html } from 'hono/html';
import { checksSection } from './checks.ts';
import { guide } from './guide.ts';
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

/** After a refusal: what is wrong, then the same fields. */
export function refusedPage(page: SessionPage): PageContent {
  const { texts, session, maxAttempts, platform } = page;
  const triesLeft = maxAttempts - session.attempts;
  return {
    state: 'refused',
    heading: texts.headings.refused,
    body: html`<p class="lead">${texts.leads.refused}</p>
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
