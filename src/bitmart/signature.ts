import { createHmac } from 'node:crypto';

/**
 * The value of X-BM-SIGN: lower-case hex of HMAC-SHA256 over `timestamp#memo#body`. The body is the exact text that is sent;
 * the same object serialised with other blanks is refused.
 */
export function signatureOf(request: {
  readonly apiSecret: string;
  readonly memo: string;
  readonly timestampMs: number;
  readonly body: string;
}): string {
  const message = `${request.timestampMs}#${request.memo}#${request.body}`;
  return createHmac('sha256', request.apiSecret).update(message).digest('hex');
}
