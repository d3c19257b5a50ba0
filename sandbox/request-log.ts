import type { FaultName } from './faults.ts';
import type { StreamName } from './streams/index.ts';

export interface LoggedRequest {
  /** Our clock. */
  readonly atMs: number;
  readonly method: string;
  readonly endpoint: string;
  /** Name of the account whose key asked; null when no key that we know was sent. */
  readonly account: string | null;
  readonly apiKey: string | null;
  readonly stream: StreamName | null;
  readonly part: string | null;
  readonly window: { readonly fromMs: number; readonly toMs: number } | null;
  /** Null when nothing was answered. */
  readonly httpStatus: number | null;
  /** The code in the answer, where there is one. */
  readonly code: number | null;
  readonly rows: number;
  readonly fault: FaultName | null;
}

export interface Counts {
  readonly requests: number;
  readonly rowsServed: number;
  /** By endpoint, then by outcome: `ok`, the error code, or the fault's name. */
  readonly byEndpoint: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Rows served, by account, then by stream. */
  readonly rowsByAccount: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const keptAtMost = 20_000;
const droppedAtOnce = 2_000;

/** What was asked and answered: the last requests one by one, all of them as counts. */
export class RequestLog {
  readonly entries: LoggedRequest[] = [];
  #requests = 0;
  #rowsServed = 0;
  readonly #byEndpoint = new Map<string, Map<string, number>>();
  readonly #rowsByAccount = new Map<string, Map<string, number>>();

  note(entry: LoggedRequest): void {
    if (this.entries.length >= keptAtMost) this.entries.splice(0, droppedAtOnce);
    this.entries.push(entry);
    this.#requests++;
    this.#rowsServed += entry.rows;
    const refused = entry.code === null ? `http-${entry.httpStatus}` : String(entry.code);
    count(this.#byEndpoint, entry.endpoint, entry.fault ?? (entry.code === 1_000 ? 'ok' : refused), 1);
    if (entry.stream && entry.account) count(this.#rowsByAccount, entry.account, entry.stream, entry.rows);
  }

  counts(): Counts {
    return {
      requests: this.#requests,
      rowsServed: this.#rowsServed,
      byEndpoint: plain(this.#byEndpoint),
      rowsByAccount: plain(this.#rowsByAccount),
    };
  }
}

function count(counts: Map<string, Map<string, number>>, of: string, what: string, more: number): void {
  const inner = counts.get(of) ?? new Map<string, number>();
  counts.set(of, inner.set(what, (inner.get(what) ?? 0) + more));
}

function plain(counts: Map<string, Map<string, number>>): Record<string, Record<string, number>> {
  return Object.fromEntries([...counts].map(([name, inner]) => [name, Object.fromEntries(inner)]));
}
