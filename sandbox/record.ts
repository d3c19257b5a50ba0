import { fieldsOf } from './stream.ts';
import { type StreamName, streams } from './streams/index.ts';
import { type WireRow, wireText } from './wire-text.ts';

interface Version {
  readonly untilMs: number;
  readonly row: WireRow;
  readonly text: string;
}

/** One thing that happened on the exchange, with every state it was in. */
export class TrueRecord {
  readonly stream: StreamName;
  readonly part: string;
  readonly timeMs: number;
  readonly id: string;
  /** Breaks ties among records of one instant. */
  readonly sequence: number;
  /** When it first appears in answers; null: as soon as the switches let it. */
  readonly visibleFromMs: number | null;
  /** Since when answers leave it out; null: they don't. */
  vanishedAtMs: number | null = null;
  readonly servings = new Map<string, Serving>();
  #row: WireRow;
  #text: string | null = null;
  #earlier: Version[] | null = null;

  constructor(origin: RecordOrigin) {
    const stream = streams[origin.stream];
    const { timeField, idField } = fieldsOf(stream, origin.part);
    this.stream = origin.stream;
    this.part = origin.part;
    this.sequence = origin.sequence;
    this.visibleFromMs = origin.visibleFromMs;
    this.timeMs = Number(origin.row[timeField]) * (stream.timeIsInSeconds ? 1_000 : 1);
    this.id = String(origin.row[idField]);
    this.#row = origin.row;
  }

  /** Its latest state. */
  get row(): WireRow {
    return this.#row;
  }

  /** Its latest state exactly as served. */
  get text(): string {
    this.#text ??= wireText(this.#row);
    return this.#text;
  }

  /** Exactly as served at that time. */
  textAt(atMs: number): string {
    const version = this.#earlier?.find(({ untilMs }) => atMs < untilMs);
    return version?.text ?? this.text;
  }

  /** Goes on to another state; its time and id stay. */
  change(fields: WireRow, atMs: number): void {
    this.#earlier ??= [];
    this.#earlier.push({ untilMs: atMs, row: this.#row, text: this.text });
    this.#row = { ...this.#row, ...fields };
    this.#text = null;
  }

  /** Since when its state is such a one; null when it is not. */
  sinceMs(isSuch: (row: WireRow) => boolean): number | null {
    if (!isSuch(this.#row)) return null;
    const before = this.#earlier?.findLast(({ row }) => !isSuch(row));
    return before?.untilMs ?? this.timeMs;
  }

  isVisible(atMs: number, visibilityDelayMs: number): boolean {
    const isThere = this.timeMs <= atMs && (this.visibleFromMs ?? this.timeMs + visibilityDelayMs) <= atMs;
    return isThere && (this.vanishedAtMs === null || atMs < this.vanishedAtMs);
  }

  noteServing(apiKey: string, atMs: number): void {
    const serving = this.servings.get(apiKey);
    if (serving) {
      serving.times++;
      serving.lastMs = atMs;
    } else {
      this.servings.set(apiKey, { times: 1, firstMs: atMs, lastMs: atMs });
    }
  }
}

/** How often and when a record was served to one key. */
interface Serving {
  times: number;
  readonly firstMs: number;
  lastMs: number;
}

interface RecordOrigin {
  readonly stream: StreamName;
  readonly part: string;
  readonly row: WireRow;
  readonly sequence: number;
  readonly visibleFromMs: number | null;
}
