import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { ClientError, verifyWebhook } from '../../src/client/index.ts';

const secret = `whsec_${Buffer.from('a secret of some length').toString('base64')}`;
const event = {
  ownerId: 'anna',
  accountId: 'an-account',
  eventId: 3,
  kind: 'gap-opened',
  at: '2026-11-01T00:00:00.000Z',
  details: {
    stream: 'deposits',
    part: 'all',
    reason: 'refused',
    from: '2026-01-01T00:00:00.000Z',
    to: '2026-02-01T00:00:00.000Z',
  },
} as const;
const body = JSON.stringify({ type: event.kind, timestamp: event.at, data: event });

function headersOf(text: string, at = new Date(), by = secret) {
  return {
    'webhook-id': 'an-account-3',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(by).sign('an-account-3', at, text),
  };
}

describe('a webhook', () => {
  test('that is signed with the secret gives its typed event, however headers and body come', () => {
    for (const headers of [headersOf(body), new Headers(headersOf(body))]) {
      for (const given of [body, Buffer.from(body), new TextEncoder().encode(body)]) {
        const verified = verifyWebhook(headers, given, secret);
        expect(verified).toEqual(event);
        if (verified.kind !== 'gap-opened') throw new Error('of another kind');
        expect(verified.details.stream).toBe('deposits');
      }
    }
  });

  const another = `whsec_${Buffer.from('another secret').toString('base64')}`;
  const wrong: readonly [what: string, headers: unknown, body: unknown, code: string, secret?: unknown][] = [
    ['signed with another secret', headersOf(body, new Date(), another), body, 'wrong-signature'],
    ['of an hour ago', headersOf(body, new Date(Date.now() - 3_600_000)), body, 'wrong-signature'],
    ['with another body', headersOf(body), body.replace('deposits', 'withdrawals'), 'wrong-signature'],
    ['without headers', {}, body, 'wrong-signature'],
    ['with null for headers', null, body, 'wrong-signature'],
    ['that was parsed already', headersOf(body), JSON.parse(body), 'wrong-signature'],
    ['without a body', headersOf(body), undefined, 'wrong-signature'],
    ['that is signed and no JSON', headersOf('nothing'), 'nothing', 'wrong-signature'],
    ['without a secret', headersOf(body), body, 'wrong-configuration', ''],
    ['with a number for a secret', headersOf(body), body, 'wrong-configuration', 42],
  ];
  test.each(wrong)('%s is refused', (_, headers, given, code, by = secret) => {
    let failure: unknown;
    try {
      verifyWebhook(headers as never, given as never, by as never);
    } catch (error) {
      failure = error;
    }
    expect(failure).toBeInstanceOf(ClientError);
    expect(failure).toMatchObject({ code, remedy: expect.any(String) });
    expect(String((failure as Error).message)).not.toContain('whsec_');
  });
});
