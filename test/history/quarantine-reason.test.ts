import { expect, test } from 'vitest';
import { describeQuarantine, identityOfReason, quarantineReason } from '../../src/history/quarantine-reason.ts';

test.each([
  [quarantineReason('not-an-object'), 'the row is no object'],
  [quarantineReason('not-an-id', 'tradeId'), 'tradeId is no id'],
  [quarantineReason('not-a-text', 'address'), 'address is no text'],
  [quarantineReason('not-a-decimal', 'size'), 'size is no decimal number'],
  [quarantineReason('not-a-time', 'create_time'), 'create_time is no time in milliseconds'],
  [quarantineReason('unknown-value', 'side'), 'side has an unknown value'],
  [quarantineReason('other-operation', 'withdraw'), 'operation_type is not withdraw'],
  [quarantineReason('other-part', 'copy_trading'), 'belongs to the part "copy_trading", which was not asked for'],
  [quarantineReason('identity-conflict'), 'has the identity of a record with another time, side, price or size'],
] as const)('a row quarantined as %s keeps the id that 0.2 gave it for: %s', (reason, sentence) => {
  expect(identityOfReason(reason)).toBe(sentence);
  expect(identityOfReason(sentence)).toBe(sentence);
});

test('what 0.2 stored as a sentence and a later version by its code is one reason, in the same words', () => {
  expect(describeQuarantine('size is no decimal number')).toEqual({
    code: 'not-a-decimal',
    reason: '`size`: expected a decimal number',
  });
  expect(describeQuarantine('not-a-decimal:size')).toEqual(describeQuarantine('size is no decimal number'));
  expect(describeQuarantine('the row is no object')).toEqual(describeQuarantine('not-an-object'));
  expect(describeQuarantine('belongs to the part "x", which was not asked for').code).toBe('other-part');
});

test('an unknown reason is shown as stored, and is its own identity', () => {
  expect(describeQuarantine('something else')).toEqual({ code: 'other', reason: 'something else' });
  expect(identityOfReason('later-code:field')).toBe('later-code:field');
});
