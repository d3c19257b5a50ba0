import type { PageQuestion } from './question.ts';
import type { TrueRecord } from './record.ts';
import { type StreamName, streams } from './streams/index.ts';

/** What can go wrong on purpose. */
export type FaultName = (typeof faultNames)[number];

export const faultNames = [
  /** The connection is cut before an answer. */
  'reset',
  /** No answer ever comes. */
  'hang',
  /** The JSON ends in the middle. */
  'truncated',
  /** Web pages of the network edge. */
  'cloudflare-403',
  'cloudflare-503',
  /** 429 with code 30013. */
  'rate-limited',
  /** 418 with code 30017. */
  'banned',
  /** 5xx, see `httpStatus`. */
  'server-error',
  /** HTTP 200 with code 30016; /system/service reports it. */
  'maintenance',
  /** Code 1000 although the message says "This service is down". */
  'service-down',
  /** HTTP 200 with an error code, see `code`. */
  'error-in-200',
  /** An error code with its HTTP status, see `code` and `httpStatus`. */
  'error',
  /** HTTP 200 with any JSON, see `body`. */
  'instead',
  /** /system/time and the look at timestamps are wrong by `offsetMs`. */
  'clock-wrong',
  /** No list although the window holds rows, see `shape`. */
  'null-data',
  /** The page leaves out some of its rows, see `rows`. */
  'omit-rows',
  /** The bounds are ignored: the last 7 days (movements: 90), up to the default limit. */
  'ignore-parameters',
  /** An answer from `ageSeconds` ago, with an Age header. */
  'cached',
  /** Rows of another part, of the other kind of movement, or of any order mode and symbol. */
  'wrong-part',
  /** One row of the page can't be read, see `malformation`. */
  'malformed-row',
] as const;

export interface FaultOptions {
  readonly fault: FaultName;
  /** Path that it is limited to. @default every one that it can concern */
  readonly endpoint?: string;
  /** Name of the account that it is limited to. @default every one, and requests without a key */
  readonly account?: string;
  /** Stream that it is limited to. @default every one, and requests for none */
  readonly stream?: StreamName;
  /** It happens to every window that holds this instant. @default to any */
  readonly instantMs?: number;
  /** It happens to requests that are limited to this symbol (movements: currency). @default to any */
  readonly symbol?: string;
  /** How often it happens. A fault of rows counts only where there are rows to spoil. @default until cleared */
  readonly times?: number;
  /** So many matching requests go well first. @default 0 */
  readonly afterRequests?: number;
  /** It ends at this instant of our clock. @default never */
  readonly untilMs?: number;
  /** Of server-error and error. @default 503, of error 400 */
  readonly httpStatus?: number;
  /** Of error-in-200 and error; null: the answer to a path that BitMart does not know. @default 70003, of error 50000 */
  readonly code?: number | null;
  /** Of instead. @default {} */
  readonly body?: object;
  /** Of banned and rate-limited, as a Retry-After header. @default 600 when banned, none when rate-limited */
  readonly retryAfterSeconds?: number;
  /** Of clock-wrong. @default 120_000 */
  readonly offsetMs?: number;
  /** Of cached. @default 600 */
  readonly ageSeconds?: number;
  /** Of omit-rows: how many are left out. @default 1 */
  readonly rows?: number;
  /** Of null-data: what stands in place of the rows. @default 'null' */
  readonly shape?: 'null' | 'object' | 'null-list';
  /** Of malformed-row. @default 'empty-id' */
  readonly malformation?: 'empty-id' | 'unreadable-time' | 'unreadable-amount';
}

const ofPages: ReadonlySet<FaultName> = new Set([
  'null-data',
  'omit-rows',
  'ignore-parameters',
  'cached',
  'wrong-part',
  'malformed-row',
]);

/** An answer with one of these still holds rows. */
const leavesRows: ReadonlySet<FaultName> = new Set([
  'clock-wrong',
  'omit-rows',
  'ignore-parameters',
  'cached',
  'wrong-part',
  'malformed-row',
]);

export class ActiveFault {
  readonly id: string;
  readonly options: FaultOptions;
  /** How often it happened. */
  fired = 0;
  #toGoWell: number;

  constructor(id: string, options: FaultOptions) {
    this.id = id;
    this.options = options;
    this.#toGoWell = options.afterRequests ?? 0;
  }

  /** Whether it concerns that request; each request that goes well first is counted here. */
  concerns(request: ConcernedRequest): boolean {
    const { fault, endpoint, account, stream, instantMs, symbol } = this.options;
    const { question, boundsMs } = request;
    if (!this.isLeft(request.nowMs)) return false;
    if (endpoint !== undefined && endpoint !== request.endpoint) return false;
    if (account !== undefined && account !== request.account) return false;
    if (ofPages.has(fault) && !request.servesPages) return false;
    if (stream !== undefined && stream !== question?.stream) return false;
    if (instantMs !== undefined && !(boundsMs && boundsMs[0] <= instantMs && instantMs < boundsMs[1])) return false;
    if (symbol !== undefined && symbol !== question?.symbol) return false;
    return this.#toGoWell-- <= 0;
  }

  isLeft(nowMs: number): boolean {
    const { times, untilMs } = this.options;
    return (times === undefined || this.fired < times) && (untilMs === undefined || nowMs < untilMs);
  }

  /** Whether it fails, until it is taken back, every request that a record could be an answer to. */
  withholds({ stream, timeMs }: TrueRecord, account: string): boolean {
    const { options } = this;
    const { unitMs, endpoint } = streams[stream];
    const unitOf = (atMs: number) => Math.floor(atMs / unitMs);
    const lasts = options.times === undefined && options.untilMs === undefined;
    return (
      lasts &&
      !leavesRows.has(options.fault) &&
      options.symbol === undefined &&
      (options.endpoint ?? endpoint) === endpoint &&
      (options.account ?? account) === account &&
      (options.stream ?? stream) === stream &&
      unitOf(options.instantMs ?? timeMs) === unitOf(timeMs)
    );
  }

  /** It happened. */
  spend(): void {
    this.fired++;
  }
}

export interface ConcernedRequest {
  readonly endpoint: string;
  readonly account: string | null;
  readonly servesPages: boolean;
  /** What it asks of a history, and the window of that with its end excluded. */
  readonly question: PageQuestion | null;
  readonly boundsMs: readonly [fromMs: number, toMs: number] | null;
  readonly nowMs: number;
}
