import { Webhook } from 'standardwebhooks';
import { Agent, request } from 'undici';
import type { Secret } from '../secret.ts';
import { publicLookup, requirePublic } from './public-address.ts';

export interface WebhookOptions {
  readonly url: string;
  /** `whsec_` and base64. */
  readonly secret: Secret<string>;
  /** `any` lets it lie in a private network: for a sandbox. */
  readonly addresses: 'public' | 'any';
}

/** An event for the platform. A repeated message keeps its id, by which a receiver recognises it. */
export interface WebhookMessage {
  readonly id: string;
  readonly body: string;
}

export interface WebhookSender {
  /** Posts one message, signed as Standard Webhooks says. Throws NotDelivered unless the answer is one of 2xx. */
  send(message: WebhookMessage, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Why a message was not accepted, without any of its content. */
export class NotDelivered extends Error {
  override readonly name = 'NotDelivered';
}

/** As long as webhook senders usually wait; a receiver should store the event first and process it later. */
const maxAnswerMs = 15_000;

export function createWebhookSender(options: WebhookOptions, answerWithinMs = maxAnswerMs): WebhookSender {
  const url = new URL(options.url);
  const webhook = new Webhook(options.secret.reveal());
  const agent = agentFor(options, answerWithinMs);
  return {
    async send({ id, body }, signal) {
      try {
        requirePublic(options);
      } catch (error) {
        throw new NotDelivered((error as Error).message);
      }
      const now = new Date();
      const status = await request(url, {
        // Redirects are not followed: they would bypass the configuration.
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
          throw notAnswered(url, error, answerWithinMs);
        },
      );
      if (status < 200 || status > 299) throw new NotDelivered(`${url.host} answered with HTTP ${status}.`);
    },
    close: () => agent.destroy(),
  };
}

function agentFor({ addresses }: WebhookOptions, answerWithinMs: number): Agent {
  return new Agent({
    connect: { timeout: answerWithinMs, ...(addresses === 'public' && { lookup: publicLookup }) },
    connections: 10,
    maxResponseSize: 65_536,
  });
}

function notAnswered({ host }: URL, error: unknown, answerWithinMs: number): NotDelivered {
  const reason = (error as Error).name === 'TimeoutError' ? `nothing within ${answerWithinMs} ms` : reasonOf(error);
  return new NotDelivered(`${host} did not answer (${reason}).`, { cause: error });
}

function reasonOf(error: unknown): string {
  const { code, name, message } = error as NodeJS.ErrnoException;
  return name === 'NotPublic' ? message : (code ?? name ?? 'unknown');
}
