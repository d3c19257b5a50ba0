import { isoTime, minuteText } from '../history/iso-time.ts';
import { totalOf } from '../history/page-counts.ts';
import type { PageProgress } from '../history/part-reading.ts';
import type { StreamResult } from '../history/read-account.ts';
import type { SyncRequest, SyncResult } from './contract.ts';
import type { EventLog } from './dependencies.ts';

/** The heartbeat of a sync: what is being read now, as a sentence and as fields. Never a record. */
export class ReadingProgress {
  #stream: string;
  #last: PageProgress | null = null;
  #pages = 0;
  #rows = 0;

  constructor(stream: string) {
    this.#stream = stream;
  }

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
    const window = `${minuteText(isoTime(from))} to ${minuteText(isoTime(to))}`;
    return {
      reading: `${last.stream}${part}: last answer ${window} with ${last.rows} rows; ${this.#pages} pages, ${this.#rows} rows in this attempt`,
      stream: last.stream,
      part: last.part,
      from: isoTime(from),
      to: isoTime(to),
      ...figures,
    };
  }
}

/** Logs a whole sync as one line; its fields have the same names in every line: account, stream, page, trace. */
export function logSync(
  log: EventLog,
  request: SyncRequest,
  results: readonly StreamResult[],
  settled: SyncResult,
  tookMs: number,
): void {
  const { pages, served, inserted, changed, quarantined } = totalOf(results);
  const blocked = results.find((result) => result.blocked !== null);
  const fields = {
    account: request.accountId,
    stream: request.streams.join(','),
    pages,
    rows: served,
    inserted,
    changed,
    quarantined,
    done: settled.done,
    through: settled.completeThrough,
    nextSyncAt: settled.nextSyncAt,
    tookMs: Math.round(tookMs),
  };
  if (blocked?.blocked) {
    const { message, problem, trace } = blocked.blocked;
    const next = problem === null ? 'nothing: it is a gap with its reason' : `docs/runbook.md#${problem}`;
    log.warn({ ...fields, trace, reason: `${blocked.stream}: ${message}`, next }, 'synced, but not everything');
  } else {
    log.info(fields, 'synced');
  }
}
