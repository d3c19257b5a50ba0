import { unknownRight } from '../../history/stream.ts';
import { type BitmartStream, bitmartOriginMs, filterBy } from '../bitmart-stream.ts';
import { decimal, identifier, optionalIdentifier, optionalText, scalar, UnreadableField, word } from '../fields.ts';
import type { RowFields } from '../rows.ts';

const dayMs = 86_400_000;
const cap = 100;

const endpoints = {
  flexible: '/newearn/cloud/v1/saving/record',
  fixed: '/newearn/cloud/v1/saving/fixed/record',
} as const;
const types = ['subscribe', 'redeem', 'interest'] as const;
/** The two products in turn, because each endpoint has a limit of its own. */
const parts = [
  'flexible-interest',
  'fixed-interest',
  'flexible-subscribe',
  'fixed-subscribe',
  'flexible-redeem',
  'fixed-redeem',
] as const;

/**
 * Savings: subscriptions, redemptions and interest. No payload of these endpoints was ever seen, so every field of a row must
 * be as documented; any other answer of BitMart is a gap and not a problem. Bounds in milliseconds; as for transfers, only
 * first pages are requested.
 */
export const earnRecords = {
  stream: {
    name: 'earn-records',
    parts,
    unitMs: 1,
    cap,
    widestWindowMs: 366 * dayMs,
    originMs: bitmartOriginMs,
    reachMs: 89 * dayMs,
    reachIsDocumented: false,
    defaultWindowMs: 7 * dayMs,
    splits: [{ column: 'currency', exhaustiveValues: null }],
    endpoint: endpoints.flexible,
    suspiciousTotal: null,
    mappingVersion: 1,
    isRare: true,
    right: unknownRight,
    table: {
      name: 'earn_record',
      hasPart: true,
      columns: [
        { name: 'record_id', type: 'text' },
        { name: 'product', type: 'text' },
        { name: 'type', type: 'text' },
        { name: 'currency', type: 'text' },
        { name: 'amount', type: 'numeric' },
        { name: 'status', type: 'text', nullable: true },
        { name: 'product_id', type: 'text', nullable: true },
        { name: 'product_tag', type: 'text', nullable: true },
        { name: 'lock_days', type: 'integer', nullable: true },
        { name: 'subscribe_type', type: 'text', nullable: true },
        { name: 'request_no', type: 'text', nullable: true },
        { name: 'occurred_at', type: 'timestamptz' },
      ],
      identity: ['record_id'],
      fixed: ['occurred_at', 'currency', 'amount'],
      timeColumn: 'occurred_at',
      final: null,
    },
  },
  timeField: 'time',
  rowsPath: ['data', 'list'],
  request: (question, bounds) => {
    const { product, type } = askedBy(question.part);
    return {
      host: 'spot',
      method: 'GET',
      endpoint: endpoints[product],
      // Not published; a fifth of the limit that is mentioned for endpoints in general.
      callsIn2Seconds: 4,
      level: 'keyed',
      parameters: {
        type,
        startTime: bounds.fromMs,
        endTime: bounds.toMs,
        currentPage: 1,
        sizePage: cap,
        ...filterBy(question, { currency: 'coinName' }),
      },
    };
  },
  mapRow: (row, { part }) => {
    const { product } = askedBy(part);
    const type = word(row, 'type', types);
    return {
      part: `${product}-${type}`,
      columns: {
        record_id: identifier(row, 'recordId'),
        product,
        type,
        currency: identifier(row, 'coinName'),
        amount: decimal(row, 'amount'),
        status: optionalText(row, 'status'),
        product_id: optionalIdentifier(row, 'productId'),
        product_tag: optionalText(row, 'productTag'),
        lock_days: lockDaysOf(row),
        subscribe_type: optionalText(row, 'subscribeType'),
        request_no: optionalText(row, 'requestNo'),
      },
    };
  },
} as const satisfies BitmartStream;

function askedBy(part: string): { readonly product: keyof typeof endpoints; readonly type: string } {
  const [product, type = ''] = part.split('-');
  return { product: product === 'fixed' ? 'fixed' : 'flexible', type };
}

/** Of fixed savings. */
function lockDaysOf(row: RowFields): number | null {
  const days = scalar(row, 'lockDay');
  if (days === '') return null;
  if (!/^\d{1,5}$/.test(days)) throw new UnreadableField('unknown-value', 'lockDay');
  return Number(days);
}
