import { EventEmitter } from 'node:events';
import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { SessionPage } from './pages/page.ts';
import { mainElement } from './pages/page.ts';
import { sessionPage } from './pages/session-page.ts';

/** Short, so that a line of the check appears soon after it is written; each poll reads one indexed row. */
const checkingEveryMs = 120;
/** Longer while history is read, because each poll sums the numbers of several tables. */
const readingEveryMs = 1_000;
/** Otherwise only the end of the session, or another tab, changes the page. */
const idleEveryMs = 2_000;
/** Proxies close connections that are silent for a minute. */
const keepAliveEveryMs = 15_000;

/** A user has a tab or two. Each open page polls Postgres, so one URL must not be able to slow the page down for everybody. */
const maxOpenPages = 10;

/** Wakes the pages of a session that this process has changed; changes by other processes are found by polling. */
export class SessionChanges extends EventEmitter {
  readonly #open = new Map<string, number>();

  constructor() {
    super();
    // One listener per open page, of which a session may have a few.
    this.setMaxListeners(0);
  }

  tell(sessionId: string): void {
    this.emit(sessionId);
  }

  /** False where so many pages of the session are open that this one is not followed. */
  open(sessionId: string): boolean {
    const count = this.#open.get(sessionId) ?? 0;
    if (count >= maxOpenPages) return false;
    this.#open.set(sessionId, count + 1);
    return true;
  }

  close(sessionId: string): void {
    const count = (this.#open.get(sessionId) ?? 0) - 1;
    if (count > 0) this.#open.set(sessionId, count);
    else this.#open.delete(sessionId);
  }
}

interface LiveSession {
  readonly changes: SessionChanges;
  readonly sessionId: string;
  /** Is given why the page could not be loaded. */
  readonly failed: (error: unknown) => void;
}

/** Sends the page's content whenever it changes, until the session's time is over or the browser leaves. */
export function streamPage(
  context: Context,
  load: () => Promise<SessionPage | null>,
  { changes, sessionId, failed }: LiveSession,
  stopping: AbortSignal,
): Response {
  context.header('x-accel-buffering', 'no');
  return streamSSE(context, async (stream) => {
    const left = new AbortController();
    stream.onAbort(() => left.abort());
    const over = AbortSignal.any([left.signal, stopping]);
    let shown = '';
    let sentMs = performance.now();
    // Otherwise the browser connects again.
    const end = () => stream.writeSSE({ event: 'over', data: '' });
    try {
      while (!over.aborted) {
        const page = await load();
        if (page === null) return end();
        const content = sessionPage(page);
        const main = String(await mainElement(content, page));
        // The remaining time is sent only once, because it would count as a change every time.
        const comparable = main.replace(/data-lifetime-ms="\d+"/, '');
        if (comparable !== shown) {
          await stream.writeSSE({ event: 'page', data: main });
          shown = comparable;
          sentMs = performance.now();
        } else if (performance.now() - sentMs > keepAliveEveryMs) {
          await stream.writeSSE({ event: 'alive', data: '' });
          sentMs = performance.now();
        }
        if (isOver(page)) return end();
        await pause(intervalMs(page), { over, changes, sessionId });
      }
    } catch (error) {
      // Hono would print it, or send its message.
      failed(error);
    } finally {
      changes.close(sessionId);
    }
  });
}

function isOver({ session, status, nowMs }: SessionPage): boolean {
  if (session.state === 'exited' || session.state === 'expired') return true;
  if (session.state !== 'linked') return false;
  return nowMs > session.expiresAt.getTime() || status === null || status.status === 'live';
}

function intervalMs({ session }: SessionPage): number {
  if (session.state === 'linked') return readingEveryMs;
  return session.state === 'checking' ? checkingEveryMs : idleEveryMs;
}

function pause(
  ms: number,
  until: { readonly over: AbortSignal; readonly changes: SessionChanges; readonly sessionId: string },
): Promise<void> {
  const { over, changes, sessionId } = until;
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    over.addEventListener('abort', done, { once: true });
    changes.once(sessionId, done);
    function done(): void {
      clearTimeout(timer);
      over.removeEventListener('abort', done);
      changes.off(sessionId, done);
      resolve();
    }
  });
}
