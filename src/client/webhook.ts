import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { ClientError } from './client-error.ts';
import type { AccountEvent } from './events.ts';
import { kindOf } from './foreign-input.ts';

/** What the worker posts to the platform: the body of a webhook. */
export interface WebhookMessage {
  readonly type: AccountEvent['kind'];
  /** ISO 8601 in UTC with milliseconds: when it happened. */
  readonly timestamp: string;
  readonly data: AccountEvent;
}

/** The headers of a request, of Node or of the fetch standard. */
export type WebhookHeaders =
  | { readonly get: (name: string) => string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * The event of a webhook whose signature is valid and at most 5 minutes old. `body` is the request's own bytes or text: JSON
 * that was parsed and serialised again has another signature. Throws ClientError `wrong-signature`; answer with 400 then.
 *
 * @example
 * import { verifyWebhook } from 'bitmart-sync/client';
 *
 * const event = verifyWebhook(request.headers, body, WEBHOOK_SECRET);
 * if (event.kind === 'gap-opened') warn(event.ownerId, event.details.stream);
 */
export function verifyWebhook(headers: WebhookHeaders, body: string | Uint8Array, secret: string): AccountEvent {
  const webhook = webhookOf(secret);
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) throw wrongSignature(`its body is ${kindOf(body)}`);
  if (typeof headers !== 'object' || headers === null) throw wrongSignature(`its headers are ${kindOf(headers)}`);
  try {
    const text = typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
    return (webhook.verify(text, signed(headers)) as WebhookMessage).data;
  } catch (error) {
    if (error instanceof WebhookVerificationError || error instanceof SyntaxError) throw wrongSignature(error.message);
    throw error;
  }
}

const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;

function signed(headers: WebhookHeaders): Record<string, string> {
  const get = typeof headers.get === 'function' ? (headers.get.bind(headers) as (name: string) => unknown) : null;
  return Object.fromEntries(
    names.map((name) => [name, String((get ? get(name) : (headers as Record<string, unknown>)[name]) ?? '')]),
  );
}

function webhookOf(secret: string): Webhook {
  try {
    if (typeof secret === 'string' && secret !== '') return new Webhook(secret);
  } catch {
    // Reported below, without the secret.
  }
  throw new ClientError(
    'wrong-configuration',
    'The secret of the webhooks is missing or not base64.',
    'Pass the worker’s WEBHOOK_SECRET: `whsec_` and base64.',
  );
}

function wrongSignature(reason: string): ClientError {
  return new ClientError(
    'wrong-signature',
    `This is not a webhook of ours: ${reason}.`,
    'Answer with 400. If it is one, give the request’s own bytes as body, and the worker’s WEBHOOK_SECRET.',
  );
}
