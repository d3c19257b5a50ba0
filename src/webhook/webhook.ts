import { Webhook } from 'standardwebhooks';
import { Agent, request } from 'undici';
import { addressIn, isPublicAddress, NotPublic, publicLookup } from './public-address.ts';

export interface WebhookOptions {
  readonly url: string;
  /** `whsec_` and base64. Secret. */
  readonly secret: string;
  /** `any` lets it lie in a private network: for a sandbox. */
  readonly addresses: 'public' | 'any';
}

/** Something to tell the platform. Sent again it keeps its id, by which a receiver knows it. */
export interface WebhookMessage {
  readonly id: string;
  readonly body: string;
}

export interface WebhookSender {
  /** Posts one message, signed as Standard Webhooks says. Throws NotDelivered unless the answer is one of 2xx. */
  send(message: WebhookMessage, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Why a message was not taken, without anything of it. */
export class NotDelivered extends Error {
  override readonly name = 'NotDelivered';
}

/** As long as webhook senders usually wait; a receiver stores the event first and works on it later. */
const maxAnswerMs = 15_000;

export function createWebhookSender(options: WebhookOptions, answerWithinMs = maxAnswerMs): WebhookSender {
  const url = new URL(options.url);
  const webhook = new Webhook(options.secret);
  const agent = new Agent({
    connect: { timeout: answerWithinMs, ...(options.addresses === 'public' && { lookup: publicLookup }) },
    connections: 10,
    maxResponseSize: 65_536,
  });
  return {
    async send({ id, body }, signal) {
      const address = addressIn(url);
      if (options.addresses === 'public' && address !== null && !isPublicAddress(address)) {
        throw new NotDelivered(new NotPublic(url.host).message);
      }
      const now = new Date();
      const status = await request(url, {
        // Redirects are not followed: they would lead past what was configured.
        dispatcher: agent,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
          'webhook-signature': webhook.sign(id, now, body),
        },
        body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]),
      }).then(
        async (answer) => {
          await answer.body.dump();
          return answer.statusCode;
        },
        (error: unknown) => {
          signal.throwIfAborted();
          const reason =
            (error as Error).name === 'TimeoutError' ? `nothing within ${answerWithinMs} ms` : reasonOf(error);
          throw new NotDelivered(`${url.host} did not answer (${reason}).`, { cause: error });
        },
      );
      if (status < 200 || status > 299) throw new NotDelivered(`${url.host} answered with HTTP ${status}.`);
    },
    close: () => agent.destroy(),
  };
}

function reasonOf(error: unknown): string {
  const { code, name, message } = error as NodeJS.ErrnoException;
  return name === 'NotPublic' ? message : (code ?? name ?? 'unknown');
}
