import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { type Database, markDelivered, nextUndelivered, type UndeliveredEvent } from '../database/index.ts';
import type { WebhookMessage, WebhookSender } from '../webhook/webhook.ts';
import type { WebhookActivities } from './contract.ts';

/** The activities of the webhook's own task queue, whose limit of simultaneous posts holds for the whole fleet. */
export function createWebhookActivities({ database, webhook }: WebhookDependencies): WebhookActivities {
  return {
    /**
     * Posts the oldest undelivered event of an account, and stores that it was delivered. If the worker dies in between, it is
     * posted again under the same id.
     */
    async deliverEvent({ accountId }) {
      const event = await nextUndelivered(database, accountId);
      if (event === null) return { more: false };
      try {
        await webhook.send(messageOf(event), Context.current().cancellationSignal);
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'NotDelivered') throw error;
        throw ApplicationFailure.create({
          type: 'NotDelivered',
          message: `Event ${event.eventId} (${event.kind}) was not taken: ${error.message}`,
        });
      }
      await markDelivered(database, event);
      return { more: (await nextUndelivered(database, accountId)) !== null };
    },
  };
}

interface WebhookDependencies {
  readonly database: Database;
  readonly webhook: WebhookSender;
}

export function messageOf({ ownerId, accountId, life, eventId, kind, at, details }: UndeliveredEvent): WebhookMessage {
  const timestamp = at.toISOString();
  const data = { ownerId, accountId, eventId, kind, at: timestamp, details };
  // Receipts are numbered across all owners, so the number is unique. After a restore of Postgres numbers begin again at the
  // backup's, and a receiver would take another event for one that it knows: the time tells them apart.
  const id = kind === 'link-session-ended' ? `link-session-${details.sessionId}` : `${life}-${eventId}-${at.getTime()}`;
  return { id, body: JSON.stringify({ type: kind, timestamp, data }) };
}
