// The page works without this. With it the check is shown as it happens, and slips are named while one types.

const byData = (name, root = document) => root.querySelector(`[data-${name}]`);
const main = () => document.querySelector('main');

/** What was typed, in memory alone, so that a refused key need not be typed again. Never the secret. */
let typed = {};
let live = null;
let expiresAt = Number.POSITIVE_INFINITY;

enter(main());
addEventListener('pageshow', (event) => {
  // The back button may show a page of a session that went on.
  if (event.persisted) location.reload();
});

/** Makes the page's content work, and tells the platform where the session stands. */
function enter(content) {
  const { state, lifetimeMs } = content.dataset;
  if (lifetimeMs === undefined) return;
  expiresAt = performance.now() + Number(lifetimeMs);
  for (const button of content.querySelectorAll('[data-reveal], [data-copy]')) button.hidden = false;
  const done = byData('done', content);
  if (done && (embedder() || done.matches('a'))) done.hidden = false;
  for (const [name, text] of Object.entries(typed)) {
    const input = content.querySelector(`input[name="${name}"]`);
    if (input) input.value = text;
    if (input && text && name === 'subAccount') input.closest('details').open = true;
  }
  if (state === 'linked' || state === 'expired' || state === 'ended') typed = {};
  if (state !== 'expired' && state !== 'ended') follow(content.dataset.path);
  tell(
    { form: 'opened', checking: 'checking', refused: 'refused', linked: 'linked', ended: 'exited', expired: 'exited' }[
      state
    ],
  );
}

/** Shows other content: as a whole where the state is another one, else only the parts that changed. */
function show(next) {
  const now = main();
  // It left the server before what is shown, and came after it.
  if (Number(next.dataset.progress) < Number(now.dataset.progress)) return;
  if (next.dataset.state === now.dataset.state && next.dataset.attempt === now.dataset.attempt) {
    if (next.querySelector('h1').textContent !== now.querySelector('h1').textContent) return replace(next);
    for (const part of next.querySelectorAll('[data-part]')) {
      const old = now.querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`);
      if (!old) return replace(next);
      if (old.outerHTML === part.outerHTML) continue;
      // What a reader announces has to stay the same element.
      if (part.matches('[role="status"]')) old.textContent = part.textContent;
      else if (!part.matches('details')) old.replaceWith(part);
    }
    return;
  }
  replace(next);
}

function replace(next) {
  main().replaceWith(next);
  const heading = next.querySelector('h1');
  document.title = document.title.replace(/^.* · /, `${heading.textContent} · `);
  scrollTo(0, 0);
  heading.focus();
  enter(next);
}

function contentOf(text) {
  const content = new DOMParser().parseFromString(text, 'text/html').querySelector('main');
  return content && document.importNode(content, true);
}

const followAgainMs = 5_000;

/** Server-sent events, for as long as the session goes on. */
function follow(path) {
  if (live) return;
  live = new EventSource(`${path}/live`);
  live.addEventListener('page', (event) => {
    const next = contentOf(event.data);
    if (next) show(next);
  });
  live.addEventListener('over', () => live.close());
  live.addEventListener('error', () => {
    // A lost connection is made again by the browser; one that was refused, as while a server restarts, is not.
    if (live.readyState !== EventSource.CLOSED) return;
    live = null;
    setTimeout(follow, followAgainMs, path);
  });
}

// ---- submitting and leaving

document.addEventListener('submit', async (event) => {
  const form = event.target;
  if (!form.matches('[data-form]')) return;
  event.preventDefault();
  // Nothing is sent after the session's time: the page then says how to get another link.
  if (performance.now() >= expiresAt) return location.reload();
  const button = form.querySelector('[type="submit"]');
  if (button.getAttribute('aria-busy') === 'true') return;
  button.setAttribute('aria-busy', 'true');
  const body = new URLSearchParams(new FormData(form));
  typed = { apiKey: body.get('apiKey') ?? '', memo: body.get('memo') ?? '', subAccount: body.get('subAccount') ?? '' };
  await send(form.action, body).catch((error) => {
    byData(error.message === '429' ? 'too-often' : 'not-sent', form).hidden = false;
    button.removeAttribute('aria-busy');
  });
});

document.addEventListener('click', async (event) => {
  const target = event.target.closest('[data-exit], [data-done], [data-copy], [data-reveal], [data-trim]');
  if (!target) return;
  const { copy, reveal, trim } = target.dataset;
  if (copy) return copyText(target, document.getElementById(copy).textContent.trim());
  if (reveal) return toggle(target, document.getElementById(reveal));
  if (trim) return trimField(document.getElementById(trim));
  const isExit = target.matches('[data-exit]');
  if (!isExit && !embedder()) return;
  event.preventDefault();
  if (isExit) await exit();
  else tell('exited');
  if (opener) close();
});

async function exit() {
  const { path } = main().dataset;
  await send(`${path}/exit`, '').catch(() => location.assign(`${path}/exit`));
  const back = byData('done');
  if (!embedder() && main().dataset.state === 'ended' && back?.href) location.assign(back.href);
}

async function send(url, body) {
  const answer = await fetch(url, { method: 'POST', body, headers: { accept: 'text/html, text/x-main' } });
  const next = contentOf(await answer.text());
  if (!next) throw new Error('no page');
  // Without a session it is an error page, and what is typed stays.
  if (next.dataset.session === undefined) throw new Error(String(answer.status));
  show(next);
}

// ---- the platform's page

/** The window that shows us in a frame or has opened us; it hears of nothing unless the session names its origin. */
function embedder() {
  if (!main().dataset.origin) return null;
  return parent === window ? opener : parent;
}

function tell(type) {
  const { origin, session, account, problems, attempt } = main().dataset;
  if (!type || !embedder()) return;
  const found = JSON.parse(problems);
  embedder().postMessage(
    {
      source: 'bitmart-sync',
      type,
      sessionId: session,
      attempt: Number(attempt),
      ...(account && { accountId: account }),
      ...(found.length > 0 && { problems: found }),
    },
    origin,
  );
}

addEventListener('message', (event) => {
  if (event.origin !== main().dataset.origin || event.source !== embedder()) return;
  if (event.data?.source !== 'bitmart-sync' || event.data.type !== 'close') return;
  if (byData('exit')) exit();
  else tell('exited');
});

// ---- while typing

document.addEventListener('input', (event) => {
  if (event.target.matches('form[data-form] input')) noteSlips(event.target.form);
});

const isKey = (text) => /^[0-9a-f]{32,44}$/i.test(text);
const isSecret = (text) => /^[0-9a-f]{56,72}$/i.test(text);
const clean = (text) => text.replace(/^[\s"'`“”‘’«»]+|[\s"'`“”‘’«»]+$/g, '');

function noteSlips(form) {
  const value = (name) => form.elements[name]?.value ?? '';
  const [key, secret, memo] = ['apiKey', 'apiSecret', 'memo'].map((name) => clean(value(name)));
  const found = {
    apiKey: { 'secret-in-key': isSecret(key) },
    apiSecret: { 'key-in-secret': isKey(secret) || (secret !== '' && secret === key) },
    memo: {
      'memo-account-number': /^\d{6,}$/.test(memo),
      'memo-key': memo !== '' && (memo === key || memo === secret || /^[0-9a-f]{32,}$/i.test(memo)),
      'memo-symbols': /[^\w .-]/.test(memo),
    },
    subAccount: {},
  };
  for (const [name, notes] of Object.entries(found)) {
    const input = form.elements[name];
    if (!input) continue;
    const all = { 'outer-blanks': input.value !== clean(input.value), ...notes };
    for (const [note, isShown] of Object.entries(all)) {
      document.querySelector(`#${name}-notes [data-note="${note}"]`).hidden = !isShown;
    }
  }
}

// A line break in a pasted text never reaches a field of one line: what stands around the text goes, and is said.
document.addEventListener('paste', (event) => {
  const input = event.target;
  if (!input.matches('form[data-form] input')) return;
  const text = event.clipboardData.getData('text');
  if (!/[\r\n]/.test(text)) return;
  event.preventDefault();
  input.setRangeText(text.replace(/[\r\n]+/g, ' '), input.selectionStart, input.selectionEnd, 'end');
  noteSlips(input.form);
});

function trimField(input) {
  input.value = clean(input.value);
  noteSlips(input.form);
  input.focus();
}

function toggle(button, input) {
  const isShown = input.type === 'text';
  input.type = isShown ? 'password' : 'text';
  const label = button.textContent.trim();
  button.setAttribute('aria-pressed', String(!isShown));
  button.setAttribute('aria-label', button.getAttribute('aria-label').replace(label, button.dataset.shown));
  button.textContent = button.dataset.shown;
  button.dataset.shown = label;
}

async function copyText(button, text) {
  const label = button.textContent;
  // In a frame, which asks for no rights, only the old way is allowed.
  await navigator.clipboard?.writeText(text).catch(() => copyTheOldWay(text));
  button.textContent = button.dataset.copied;
  setTimeout(() => {
    button.textContent = label;
  }, 2_000);
}

function copyTheOldWay(text) {
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}
