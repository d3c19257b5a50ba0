import { type BitmartStream, bitmartOriginMs, filterBy } from '../bitmart-stream.ts';
import { decimal, identifier, word } from '../fields.ts';

const dayMs = 86_400_000;
const endpoint = '/account/v1/transfer-contract-list';
const cap = 100;

/**
 * Transfers between the spot and the futures wallet. Signed; bounds in milliseconds. Its pages are numbered, and a number
 * refers to other rows as soon as a new row arrives: so windows are cut by time as everywhere, and each is requested as one
 * first page.
 */
export const transfers = {
  stream: {
    name: 'transfers',
    parts: ['all'],
    unitMs: 1,
    cap,
    // Any width is answered, even without bounds; one request a year spares the slowest of all limits.
    widestWindowMs: 366 * dayMs,
    originMs: bitmartOriginMs,
    reachMs: 89 * dayMs,
    reachIsDocumented: false,
    defaultWindowMs: null,
    splits: [{ column: 'currency', exhaustiveValues: null }],
    endpoint,
    suspiciousTotal: null,
    mappingVersion: 1,
    isRare: true,
    right: 'Future-Trade',
    table: {
      name: 'transfer',
      hasPart: false,
      columns: [
        { name: 'transfer_id', type: 'text' },
        { name: 'currency', type: 'text' },
        { name: 'amount', type: 'numeric' },
        { name: 'direction', type: 'text' },
        { name: 'status', type: 'text' },
        { name: 'transferred_at', type: 'timestamptz' },
      ],
      identity: ['transfer_id'],
      fixed: ['transferred_at', 'currency', 'amount', 'direction'],
      timeColumn: 'transferred_at',
      final: { column: 'status', values: ['finished', 'failed'] },
    },
  },
  timeField: 'timestamp',
  rowsPath: ['data', 'records'],
  request: (question, bounds) => ({
    host: 'futures',
    method: 'POST',
    endpoint,
    callsIn2Seconds: 1,
    level: 'signed',
    parameters: {
      time_start: bounds.fromMs,
      time_end: bounds.toMs,
      page: 1,
      limit: cap,
      ...filterBy(question, { currency: 'currency' }),
    },
  }),
  mapRow: (row, { part }) => ({
    part,
    columns: {
      transfer_id: identifier(row, 'transfer_id'),
      currency: identifier(row, 'currency'),
      amount: decimal(row, 'amount'),
      direction: word(row, 'type', ['spot_to_contract', 'contract_to_spot']),
      status: word(row, 'state', ['processing', 'finished', 'failed']),
    },
  }),
} as const satisfies BitmartStream;
