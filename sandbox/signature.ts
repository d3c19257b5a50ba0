import { createHmac, timingSafeEqual } from 'node:crypto';

/** Whether X-BM-SIGN is the HMAC-SHA256 of `timestamp#memo#body` under the secret, in lower-case hex. */
export function isSignatureRight(
  signature: string,
  key: { readonly apiSecret: string; readonly memo: string },
  signed: { readonly timestamp: string; readonly body: string },
): boolean {
  const hmac = createHmac('sha256', key.apiSecret);
  const expected = hmac.update(`${signed.timestamp}#${key.memo}#${signed.body}`, 'utf8').digest('hex');
  return signature.length === expected.length && timingSafeEqual(Buffer.from(signature), Buffer.from(expected));
}
