import { expect, test } from 'vitest';
import { messageOf } from '../../src/activities/deliver-event.ts';

test('after a restore an event is not taken for one of the same number that was posted before', () => {
  const event = { ownerId: 'anna', accountId: 'account', life: 'account-1', eventId: 11, details: {} };
  const before = { ...event, kind: 'linked', at: new Date('2026-11-30T10:05:00Z') } as const;
  const after = { ...event, kind: 'needs-attention', at: new Date('2026-11-30T10:09:00Z') } as const;
  expect(messageOf(after).id).not.toBe(messageOf(before).id);
  expect(messageOf({ ...before }).id).toBe(messageOf(before).id);
});
