import { type AccountSight, recordsOf, rowsOf, type Snapshot } from '../snapshot.ts';
import { readShare } from './covered-time.ts';
import type { Screen } from './screen.ts';
import { clockText, count, percent, secondsText } from './words.ts';

const everyMs = 4_000;

/** Plain lines without a terminal: what happens, and every few seconds the state of the accounts. */
export class PlainScreen implements Screen {
  readonly #write: (text: string) => void;
  readonly #startedMs = Date.now();
  readonly #statuses = new Map<string, string>();
  #shownMs = 0;
  #shown = '';

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  say(line: string): void {
    this.#write(`${clockText(Date.now() - this.#startedMs).padStart(5)}  ${line}\n`);
  }

  print(lines: readonly string[]): void {
    for (const line of lines) this.#write(`${line}\n`);
  }

  async during<Result>(what: string, work: (note: (line: string) => void) => Promise<Result>): Promise<Result> {
    const startedMs = Date.now();
    this.say(`${what} …`);
    const result = await work((line) => this.say(`  ${line.trim()}`));
    this.say(`  done in ${secondsText(Date.now() - startedMs)}`);
    return result;
  }

  show(snapshot: Snapshot): void {
    const changed = snapshot.accounts.filter(({ owner, status }) => this.#statuses.get(owner) !== status);
    for (const { owner, status } of changed) {
      const before = this.#statuses.get(owner);
      this.#statuses.set(owner, status);
      if (before !== undefined) this.say(`${owner} is ${status} now`);
    }
    if (snapshot.atMs - this.#shownMs < everyMs) return;
    const line = `${snapshot.accounts.map((account) => accountText(account, snapshot.atMs)).join('; ')}`;
    const text = `${line}; ${exchangeText(snapshot)}`;
    if (text !== this.#shown) this.say(text);
    this.#shownMs = snapshot.atMs;
    this.#shown = text;
  }

  hide(): void {}

  close(): void {}
}

function accountText(account: AccountSight, nowMs: number): string {
  const readable = account.streams.filter(({ isRefused }) => !isRefused);
  const shares = readable.map((stream) => readShare(stream, nowMs));
  const share = shares.reduce((sum, one) => sum + one, 0) / shares.length;
  const delay = account.delayMs === null ? '' : `, new ones after ${secondsText(account.delayMs)}`;
  return `${account.owner} ${count(rowsOf(account))}/${count(recordsOf(account))} rows, ${percent(share)} read${delay}`;
}

function exchangeText({ exchange }: Snapshot): string {
  return `${exchange.requestsPerSecond.toFixed(1)} requests/s${exchange.isDown ? ', refused' : ''}`;
}
