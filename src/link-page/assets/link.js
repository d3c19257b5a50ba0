/** Opens the connection page of a link session. Types: link.d.ts. */
let current = null;

export function openLink(options) {
  if (current?.url === options.url) return current.handle;
  current?.finish();
  const { url, mode = 'popup', title = 'Link BitMart' } = options;
  if (mode === 'redirect') {
    location.assign(url);
    return { close() {} };
  }
  const origin = new URL(url).origin;
  const told = new Set();
  let linked = null;
  let ended = false;
  let closing = 0;
  const opened = mode === 'popup' ? openPopup(url) : null;
  const place = opened ?? openFrame(url, title, () => handle.close());
  // A popup that its user closes says nothing any more.
  const watching = opened && setInterval(() => opened.target.closed && finish(), 300);

  function hear(event) {
    const { data } = event;
    if (event.source !== place.target || event.origin !== origin || data?.source !== 'bitmart-sync') return;
    // A reload says again what was said.
    const name = `${data.type} ${data.attempt}`;
    if (ended || told.has(name)) return;
    told.add(name);
    call(options.onEvent, data);
    if (data.type === 'linked' && !linked) {
      linked = { sessionId: data.sessionId, accountId: data.accountId };
      call(options.onLinked, linked);
    }
    if (data.type === 'exited') finish(data.sessionId);
  }

  function finish(sessionId = linked?.sessionId ?? null) {
    if (ended) return;
    ended = true;
    removeEventListener('message', hear);
    clearInterval(watching);
    clearTimeout(closing);
    place.remove();
    if (current?.handle === handle) current = null;
    call(options.onExit, { sessionId, outcome: linked ? 'linked' : 'exited' });
  }

  const handle = {
    /** Ends the session unless its account is linked, and removes the page. */
    close() {
      if (ended || closing) return;
      place.target.postMessage({ source: 'bitmart-sync', type: 'close' }, origin);
      closing = setTimeout(finish, 1_000);
    },
  };
  addEventListener('message', hear);
  current = { url, handle, finish };
  return handle;
}

/** A callback that fails must not keep the others from being called. */
function call(callback, value) {
  try {
    callback?.(value);
  } catch (error) {
    reportError(error);
  }
}

/** Null where the browser blocks it: then a frame is shown. */
function openPopup(url) {
  const target = open(url, 'bitmart-link', 'popup,width=560,height=820');
  return target && { target, remove: () => target.close() };
}

function openFrame(url, title, onCancel) {
  const before = document.activeElement;
  const dialog = document.createElement('dialog');
  dialog.setAttribute('aria-label', title);
  const style = 'width:min(64rem,100vw);height:min(56rem,100dvh);max-width:none;max-height:none;border:0';
  dialog.style.cssText = `${style};padding:0;border-radius:14px;overflow:hidden`;
  const frame = document.createElement('iframe');
  frame.title = title;
  frame.src = url;
  frame.setAttribute('sandbox', 'allow-scripts allow-forms allow-same-origin allow-popups');
  frame.style.cssText = 'width:100%;height:100%;border:0;display:block';
  dialog.append(frame);
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault();
    onCancel();
  });
  document.body.append(dialog);
  dialog.showModal();
  const remove = () => {
    dialog.remove();
    before?.focus?.();
  };
  return { target: frame.contentWindow, remove };
}
