import { stripVTControlCharacters } from 'node:util';
import type { Snapshot } from '../snapshot.ts';
import { frameOf } from './frame.ts';
import { cut, type Paint, widthOf, wrapped } from './paint.ts';
import type { Screen } from './screen.ts';
import { clockText, secondsText } from './words.ts';

export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  write(text: string): void;
}

const redrawEveryMs = 100;
const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';
const eraseBelow = '\x1b[J';
// A terminal that supports these never shows half a frame; others ignore them.
const beginFrame = '\x1b[?2026h';
const endFrame = '\x1b[?2026l';
const clockWidth = 7;

/** Permanent lines, and below them a view that is redrawn in place. */
export class TerminalScreen implements Screen {
  readonly #terminal: Terminal;
  readonly #paint: Paint;
  readonly #startedMs = Date.now();
  readonly #timer: NodeJS.Timeout;
  #snapshot: Snapshot | null = null;
  #step: { readonly what: string; readonly startedMs: number; readonly note: string } | null = null;
  #drawn: readonly string[] = [];

  constructor(terminal: Terminal, paint: Paint) {
    this.#terminal = terminal;
    this.#paint = paint;
    terminal.write(hideCursor);
    this.#timer = setInterval(() => this.#draw(), redrawEveryMs);
  }

  say(line: string): void {
    this.print(this.#timed(line));
  }

  print(lines: readonly string[]): void {
    this.#draw(lines);
  }

  async during<Result>(what: string, work: (note: (line: string) => void) => Promise<Result>): Promise<Result> {
    const startedMs = Date.now();
    this.#step = { what, startedMs, note: '' };
    this.#draw();
    try {
      const result = await work((line) => {
        this.#step = { what, startedMs, note: line.trim() };
      });
      this.#step = null;
      this.say(`${this.#paint('green', '✓')} ${what} ${this.#paint('dim', secondsText(Date.now() - startedMs))}`);
      return result;
    } finally {
      this.#step = null;
    }
  }

  show(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
  }

  hide(): void {
    this.#draw();
    this.#snapshot = null;
    this.#drawn = [];
  }

  close(): void {
    clearInterval(this.#timer);
    this.hide();
    this.#terminal.write(showCursor);
  }

  #timed(line: string): readonly string[] {
    const time = this.#paint('dim', clockText(Date.now() - this.#startedMs).padStart(clockWidth - 2));
    const indent = /^ */.exec(line)?.[0].length ?? 0;
    const isPainted = line !== stripVTControlCharacters(line);
    const lines = isPainted ? [line] : wrapped(line, this.#terminal.columns - clockWidth - 1, indent);
    return lines.map((text, i) => `${i === 0 ? time : ' '.repeat(clockWidth - 2)}  ${text}`);
  }

  #draw(staying: readonly string[] = []): void {
    const frame = this.#frame();
    if (staying.length === 0 && frame.join('\n') === this.#drawn.join('\n')) return;
    const lines = [...staying, ...frame].map((line) => `${line}\n`).join('');
    this.#terminal.write(beginFrame + this.#backToStart() + eraseBelow + lines + endFrame);
    this.#drawn = frame;
  }

  /** The frame may have been wrapped since, because the terminal became narrower. */
  #backToStart(): string {
    const { columns } = this.#terminal;
    const lines = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0);
    return lines > 0 ? `\x1b[${lines}F` : '';
  }

  #frame(): readonly string[] {
    const { columns, rows } = this.#terminal;
    const width = columns - 1;
    const step = this.#stepLine(width);
    const height = rows - 1 - step.length;
    const view = this.#snapshot === null ? [] : frameOf(this.#snapshot, { width, height }, this.#paint);
    return [...view, ...step];
  }

  #stepLine(width: number): readonly string[] {
    if (this.#step === null) return [];
    const elapsedMs = Date.now() - this.#step.startedMs;
    const turn = spinner[Math.floor(Date.now() / redrawEveryMs) % spinner.length] as string;
    const note = this.#step.note === '' ? '' : `  ${this.#step.note}`;
    const waited = elapsedMs < 1_000 ? '' : ` ${Math.floor(elapsedMs / 1_000)} s`;
    return [cut(`${' '.repeat(clockWidth)}${this.#paint('cyan', turn)} ${this.#step.what} …${waited}${note}`, width)];
  }
}
