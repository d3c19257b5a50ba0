import type { FaultOptions } from './faults.ts';
import type { TrueRecord } from './record.ts';
import { type StreamName, streams } from './streams.ts';
import { wireText } from './wire-text.ts';

const amountFields: Readonly<Record<StreamName, string>> = {
  'spot-trades': 'size',
  'futures-trades': 'vol',
  withdrawals: 'arrival_amount',
  deposits: 'arrival_amount',
  'futures-flows': 'amount',
};

/** A record's text with one field that nobody can read. */
export function malformedText(record: TrueRecord, malformation: NonNullable<FaultOptions['malformation']>): string {
  const { idField, timeField } = streams[record.stream];
  const spoilt = {
    'empty-id': { [idField]: '' },
    'unreadable-time': { [timeField]: 'yesterday' },
    'unreadable-amount': { [amountFields[record.stream]]: '1,5e' },
  };
  return wireText({ ...record.row, ...spoilt[malformation] });
}
