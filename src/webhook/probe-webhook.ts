import { once } from 'node:events';
import { type IncomingMessage, request as sendHttp } from 'node:http';
import { request as sendHttps } from 'node:https';
import { publicLookup, requirePublic } from './public-address.ts';
import type { WebhookOptions } from './webhook.ts';

/** The status that the receiver answers a HEAD request with. Nothing is posted, and the same addresses are refused. */
export async function probeWebhook(options: WebhookOptions, answerWithinMs: number): Promise<number> {
  requirePublic(options);
  const url = new URL(options.url);
  const send = url.protocol === 'https:' ? sendHttps : sendHttp;
  const request = send(url, {
    method: 'HEAD',
    agent: false,
    signal: AbortSignal.timeout(answerWithinMs),
    ...(options.addresses === 'public' && { lookup: publicLookup }),
  });
  // Errors after the answer do not matter.
  request.on('error', () => undefined).end();
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  answer.destroy();
  return answer.statusCode ?? 0;
}
