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
  /** HTTP 200 with code 30016; /system/service tells of it. */
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
  /** How often it happens. A fault of rows counts only where there are rows to spoil. @default until cleared */
  readonly times?: number;
  /** So many matching requests go well first. @default 0 */
  readonly afterRequests?: number;
  /** It ends at this instant of our clock. @default never */
  readonly untilMs?: number;
  /** Of server-error and error. @default 503, of error 400 */
  readonly httpStatus?: number;
  /** Of error-in-200 and error. @default 70003, of error 50000 */
  readonly code?: number;
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
    const { fault, endpoint, account } = this.options;
    if (!this.isLeft(request.nowMs)) return false;
    if (endpoint !== undefined && endpoint !== request.endpoint) return false;
    if (account !== undefined && account !== request.account) return false;
    if (ofPages.has(fault) && !request.servesPages) return false;
    return this.#toGoWell-- <= 0;
  }

  isLeft(nowMs: number): boolean {
    const { times, untilMs } = this.options;
    return (times === undefined || this.fired < times) && (untilMs === undefined || nowMs < untilMs);
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
  readonly nowMs: number;
}

/** Everything that shall go wrong, in the order in which it was asked for. */
export class FaultBook {
  #faults: ActiveFault[] = [];
  #made = 0;

  inject(options: FaultOptions): string {
    if (!faultNames.includes(options.fault)) {
      throw new Error(`There is no fault "${options.fault}"; there are ${faultNames.join(', ')}.`);
    }
    this.#made++;
    const fault = new ActiveFault(`fault-${this.#made}`, options);
    this.#faults.push(fault);
    return fault.id;
  }

  /** Takes back one fault, or all. */
  clear(id?: string): void {
    this.#faults = id === undefined ? [] : this.#faults.filter((fault) => fault.id !== id);
  }

  /** The fault of a request: the first that concerns it. */
  of(request: ConcernedRequest): ActiveFault | null {
    this.#faults = this.#faults.filter((fault) => fault.isLeft(request.nowMs));
    return this.#faults.find((fault) => fault.concerns(request)) ?? null;
  }

  isActive(name: FaultName, nowMs: number): boolean {
    return this.#faults.some((fault) => fault.options.fault === name && fault.isLeft(nowMs));
  }
}
