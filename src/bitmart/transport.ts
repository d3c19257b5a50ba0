import type { Readable } from 'node:stream';
import { Agent, request as send } from 'undici';
import { ExchangeFailure } from '../history/failure.ts';
import type { OpenKey } from '../history/ports.ts';
import { maxBytesOf, maxBytesOfAny } from './clamps.ts';
import { type HttpAnswer, noAnswer, senseless } from './envelope.ts';
import { signatureOf } from './signature.ts';

export interface BitmartRequest {
  readonly host: 'spot' | 'futures';
  readonly method: 'GET' | 'POST';
  /** The path; pace and limits are per path. */
  readonly endpoint: string;
  /**
   * The published limit of the endpoint, per key. A bot that the user runs on the same key shares it, which is why only a
   * share of it is used (RATE_SHARE).
   */
  readonly callsIn2Seconds: number;
  /** KEYED sends the key only; SIGNED proves secret and memo as well. */
  readonly level: 'none' | 'keyed' | 'signed';
  readonly parameters: Readonly<Record<string, string | number>>;
}

interface Timeouts {
  readonly connectMs: number;
  readonly headersMs: number;
  readonly bodyMs: number;
  /** From sending to the last byte: a slow answer must not keep a place among the requests in flight. */
  readonly answerMs: number;
}

export interface TransportOptions {
  readonly spotUrl: string;
  readonly futuresUrl: string;
  readonly userAgent?: string;
  readonly timeouts?: Partial<Timeouts>;
  /** Called when an answer was cut off because it exceeds the limit of its endpoint. */
  readonly onTooLong: (endpoint: string) => void;
}

/** The slowest try ends within 14 s, so a request with all its tries ends soon after its 15 s. */
const defaultTimeouts: Timeouts = { connectMs: 4_000, headersMs: 5_000, bodyMs: 5_000, answerMs: 15_000 };
/** Signed requests older than this are refused by the exchange; they are signed when they are sent, not when they queue. */
const receiveWindowMs = 5_000;

/** Sends one request, signed when it is sent, and reads its whole answer, whatever that says. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #timeouts: Timeouts;
  readonly #agent: Agent;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#timeouts = { ...defaultTimeouts, ...options.timeouts };
    this.#agent = new Agent({
      connect: { timeout: this.#timeouts.connectMs },
      headersTimeout: this.#timeouts.headersMs,
      bodyTimeout: this.#timeouts.bodyMs,
      maxResponseSize: maxBytesOfAny,
    });
  }

  close(): Promise<void> {
    return this.#agent.close();
  }

  /** Throws ExchangeFailure if no answer comes. The signature is added to `secrets`: it is never shown. */
  async send(
    request: BitmartRequest,
    {
      key,
      timestampMs,
      signal,
      secrets,
    }: {
      readonly key: OpenKey | null;
      readonly timestampMs: number;
      readonly signal: AbortSignal;
      readonly secrets: string[];
    },
  ): Promise<HttpAnswer> {
    const { endpoint } = request;
    const url = new URL(endpoint, request.host === 'spot' ? this.#options.spotUrl : this.#options.futuresUrl);
    const headers: Record<string, string> = {
      'user-agent': this.#options.userAgent ?? 'bitmart-sync',
      accept: 'application/json',
    };
    let body: string | null = null;
    if (request.method === 'GET') {
      for (const [name, value] of Object.entries(request.parameters)) url.searchParams.set(name, String(value));
    } else {
      const window = request.level === 'signed' ? { recvWindow: receiveWindowMs } : {};
      body = JSON.stringify({ ...request.parameters, ...window });
      headers['content-type'] = 'application/json';
    }
    if (key && request.level !== 'none') headers['x-bm-key'] = key.credentials.apiKey;
    if (key && request.level === 'signed') {
      headers['x-bm-timestamp'] = String(timestampMs);
      const { apiSecret, memo } = key.credentials;
      const signature = signatureOf({ apiSecret, memo, timestampMs, body: body ?? '' });
      headers['x-bm-sign'] = signature;
      secrets.push(signature);
    }
    const within = AbortSignal.any([signal, AbortSignal.timeout(this.#timeouts.answerMs)]);
    try {
      const answer = await send(url, {
        method: request.method,
        headers,
        body,
        dispatcher: this.#agent,
        signal: within,
      });
      const { statusCode: status } = answer;
      const maxBytes = maxBytesOf(endpoint);
      const bytes = await readBody(answer.body, maxBytes);
      if (bytes === null) {
        this.#options.onTooLong(endpoint);
        throw senseless({ endpoint, status }, `it is longer than ${maxBytes} bytes`);
      }
      const reported = Object.entries(answer.headers).map(
        ([name, value]) => [name.toLowerCase(), String(value)] as const,
      );
      return { endpoint, status, headers: new Map(reported), text: new TextDecoder().decode(bytes), bytes };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ExchangeFailure) throw error;
      throw unreachable(endpoint, error);
    }
  }
}

/**
 * A reset, timeout, refused connection, or an answer that is cut off or far too large. The error's own text could quote the
 * request, so only its code is kept.
 */
function unreachable(endpoint: string, error: unknown): ExchangeFailure {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  const what =
    typeof code === 'string' ? code : name === 'TimeoutError' ? 'the answer took too long' : 'connection failed';
  return noAnswer(endpoint, `could not be reached or broke off (${what})`);
}

/** The whole body; null if it is longer than allowed. */
async function readBody(body: Readable, maxBytes: number): Promise<Uint8Array | null> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    length += piece.length;
    // Leaving the loop ends the connection.
    if (length > maxBytes) return null;
    pieces.push(piece);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
