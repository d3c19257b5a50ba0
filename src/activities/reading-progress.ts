import type { PageProgress } from '../history/part-reading.ts';

/** What the heartbeat of a sync says: what is being read now, in words and as figures. Never a record. */
export class ReadingProgress {
  #stream: string;
  #last: PageProgress | null = null;
  #pages = 0;
  #rows = 0;

  constructor(stream: string) {
    this.#stream = stream;
  }

  /** A stream's turn has come. */
  begin(stream: string): void {
    this.#stream = stream;
    this.#last = null;
  }

  note(page: PageProgress): void {
    this.#last = page;
    this.#pages++;
    this.#rows += page.rows;
  }

  heartbeat() {
    const figures = { pages: this.#pages, rows: this.#rows };
    const last = this.#last;
    if (last === null) return { reading: `${this.#stream}: waiting for the first answer`, ...figures };
    const { from, to } = last.question.core;
    const part = last.part === 'all' ? '' : ` (${last.part})`;
    const window = `${minute(from)} to ${minute(to)}`;
    return {
      reading: `${last.stream}${part}: last answer ${window} with ${last.rows} rows; ${this.#pages} pages, ${this.#rows} rows in this attempt`,
      stream: last.stream,
      part: last.part,
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      ...figures,
    };
  }
}

function minute(instantMs: number): string {
  return new Date(instantMs).toISOString().slice(0, 16).replace('T', ' ');
}
