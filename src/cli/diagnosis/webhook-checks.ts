import { isRealHost } from '../../bitmart/hosts.ts';
import type { WebhookEnvironment } from '../../webhook/webhook-configuration.ts';
import type { Surroundings } from '../surroundings.ts';
import { type CheckResult, reasonOf, seen, wrong } from './check.ts';

const answerWithinMs = 8_000;

/** Checks the webhook's settings and receiver, if the environment has them. */
export async function webhookChecks(surroundings: Surroundings): Promise<readonly CheckResult[]> {
  const { exchangeHosts } = surroundings;
  const webhook = surroundings.webhook.reveal();
  if (webhook.WEBHOOK_URL === undefined && webhook.WEBHOOK_SECRET === undefined) return [];
  const exchangeIsReal = Object.values(exchangeHosts).some(isRealHost);
  return [await seen('webhook', () => webhookText(webhook, exchangeIsReal))];
}

async function webhookText(environment: WebhookEnvironment, exchangeIsReal: boolean): Promise<string> {
  const { webhookOf } = await import('../../webhook/webhook-configuration.ts');
  const { probeWebhook } = await import('../../webhook/probe-webhook.ts');
  const { webhook, problems } = webhookOf(environment, { exchangeIsReal });
  if (webhook === null) throw wrong(`${problems.join('; ')}.`, 'Correct it: the worker does not start with it.');
  const { host } = new URL(webhook.url);
  try {
    const status = await probeWebhook(webhook, answerWithinMs);
    return `${host} answers (HTTP ${status} to a HEAD request; no event is posted)`;
  } catch (error) {
    throw wrong(
      `${host} does not answer (${reasonOf(error)}).`,
      'Check that the receiver runs and can be reached from here; events wait for it meanwhile.',
    );
  }
}
