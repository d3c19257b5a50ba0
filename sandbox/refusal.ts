import { type StreamName, streams } from './streams.ts';

/** The exchange does not answer the question but with an error code, as its tables say. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: number;
  readonly httpStatus: number;
  readonly body: string;

  constructor(httpStatus: number, code: number, message: string, more: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.httpStatus = httpStatus;
    this.body = JSON.stringify({ message, code, trace: 'N/A', data: {}, ...more });
  }
}

const ofFutures = { errno: 'OK', data: null };

/** Of each refusal that is made in more than one place, its status, code and words. */
export const refusals = {
  notFound: () => new Refusal(404, 30000, 'Not found'),
  notPermitted: () => new Refusal(403, 30012, 'Header X-BM-KEY is forbidden to request it'),
  tooManyRequests: () => new Refusal(429, 30013, 'Request too many requests'),
  futuresNotOpened: () => new Refusal(403, 40046, 'Contract account not opened', ofFutures),
  invalidFuturesParameter: () => new Refusal(400, 49998, 'INVALID_PARAMETER', ofFutures),
  /** In the envelope of the stream's part of the exchange. */
  ofStream: (stream: StreamName, code: number, message: string, httpStatus = 400) =>
    new Refusal(httpStatus, code, message, streams[stream].service === 'contract' ? ofFutures : {}),
  badRequest: (code: number, what: string) => new Refusal(400, code, `Bad Request [${what}]`),
} as const;
