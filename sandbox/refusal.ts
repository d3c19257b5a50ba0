import { type StreamName, streams } from './streams/index.ts';

/** The exchange does not answer the question but with an error code, as its tables say. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: number;
  readonly httpStatus: number;
  readonly body: string;

  constructor(httpStatus: number, code: number, message: string, body: object = bodyOf(code, message)) {
    super(message);
    this.code = code;
    this.httpStatus = httpStatus;
    this.body = JSON.stringify(body);
  }
}

/** What most errors come in. */
export function bodyOf(code: number, message: string) {
  return { message, code, trace: 'N/A', data: {} };
}

function ofFutures(httpStatus: number, code: number, message: string): Refusal {
  return new Refusal(httpStatus, code, message, { errno: 'OK', ...bodyOf(code, message), data: null });
}

/** Of each refusal that is made in more than one place, its status, code and words. */
export const refusals = {
  // As captured where an endpoint is withdrawn: `msg` instead of `message`, and nothing else.
  notFound: () => new Refusal(404, 30000, 'Not found', { msg: 'Not found', code: 30000 }),
  clock: () => new Refusal(401, 30007, 'Header X-BM-TIMESTAMP range. Within a minute'),
  notPermitted: () => new Refusal(403, 30012, 'Header X-BM-KEY is forbidden to request it'),
  notForSubAccounts: () => new Refusal(403, 60026, 'Sub-account does not have permission to operate'),
  tooManyRequests: () => new Refusal(429, 30013, 'Request too many requests'),
  futuresNotOpened: () => ofFutures(403, 40046, 'Contract account not opened'),
  invalidFuturesParameter: () => ofFutures(400, 49998, 'INVALID_PARAMETER'),
  /** In the envelope of the stream's part of the exchange. */
  ofStream: (stream: StreamName, code: number, message: string, httpStatus = 400) =>
    streams[stream].service === 'contract'
      ? ofFutures(httpStatus, code, message)
      : new Refusal(httpStatus, code, message),
  badRequest: (code: number, what: string) => new Refusal(400, code, `Bad Request [${what}]`),
} as const;
