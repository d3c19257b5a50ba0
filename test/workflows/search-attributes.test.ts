import { expect, test } from 'vitest';
import { newAccountState } from '../../src/workflows/account-state.ts';
import { statusSince, statusSinceText } from '../../src/workflows/search-attribute-keys.ts';
import { attributesOfNextRun, type ShownAttributes } from '../../src/workflows/search-attributes.ts';

const shown: ShownAttributes = {
  ownerId: 'alice',
  status: 'live',
  statusSince: '2026-11-01T00:00:00Z',
  historyAtRiskAt: null,
  completeThrough: null,
};

test('a status that changed in the last step of a run began with that step', () => {
  const sinceAfter = (before: ShownAttributes, status: 'live' | 'needs-attention') => {
    const attributes = attributesOfNextRun(before, { ...newAccountState(0), status });
    return attributes.find(({ key }) => key === statusSince)?.value;
  };
  const startedAt = statusSinceText(Date.now());
  expect(sinceAfter(shown, 'live')).toBe(shown.statusSince);
  const since = sinceAfter(shown, 'needs-attention') as string;
  expect(since >= startedAt).toBe(true);
  expect(since <= statusSinceText(Date.now())).toBe(true);
  // A run of 0.1.0, which does not show it, leaves that to the next one.
  expect(sinceAfter({ ...shown, statusSince: null }, 'needs-attention')).toBeUndefined();
});
