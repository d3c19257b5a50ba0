import type { FaultOptions } from './faults.ts';
import type { TrueRecord } from './record.ts';
import { fieldsOf } from './stream.ts';
import { streams } from './streams/index.ts';
import { wireText } from './wire-text.ts';

/** A record's text with one field that can't be read. */
export function malformedText(record: TrueRecord, malformation: NonNullable<FaultOptions['malformation']>): string {
  const { idField, timeField, amountField } = fieldsOf(streams[record.stream], record.part);
  const spoilt = {
    'empty-id': { [idField]: '' },
    'unreadable-time': { [timeField]: 'yesterday' },
    'unreadable-amount': { [amountField]: '1,5e' },
  };
  return wireText({ ...record.row, ...spoilt[malformation] });
}
