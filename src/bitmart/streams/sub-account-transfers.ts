import { type BitmartStream, bitmartOriginMs } from '../bitmart-stream.ts';
import { decimal, identifier, word } from '../fields.ts';
import type { BitmartRequest } from '../transport.ts';

const dayMs = 86_400_000;
const cap = 100;
const endpoint = '/account/sub-account/main/v1/transfer-list';
const wallets = ['spot', 'future'] as const;

/**
 * Transfers between the spot wallets of a main account and its sub-accounts: one list of the newest, times in seconds, no ids.
 * A main account's key reads one endpoint, a sub-account's key another.
 */
export const subAccountTransfers = {
  stream: {
    name: 'sub-account-transfers',
    parts: ['all'],
    unitMs: 1_000,
    cap,
    widestWindowMs: Number.MAX_SAFE_INTEGER,
    originMs: bitmartOriginMs,
    reachMs: 89 * dayMs,
    reachIsDocumented: true,
    defaultWindowMs: null,
    splits: [],
    endpoint,
    suspiciousTotal: null,
    mappingVersion: 1,
    isList: true,
    isRare: true,
    right: 'Inter-Account Transfer',
    table: {
      name: 'sub_account_transfer',
      hasPart: false,
      columns: [
        { name: 'from_account', type: 'text' },
        { name: 'from_wallet', type: 'text' },
        { name: 'to_account', type: 'text' },
        { name: 'to_wallet', type: 'text' },
        { name: 'currency', type: 'text' },
        { name: 'amount', type: 'numeric' },
        { name: 'transferred_at', type: 'timestamptz' },
        { name: 'occurrence', type: 'integer' },
      ],
      identity: [
        'transferred_at',
        'from_account',
        'from_wallet',
        'to_account',
        'to_wallet',
        'currency',
        'amount',
        'occurrence',
      ],
      fixed: ['transferred_at'],
      timeColumn: 'transferred_at',
      final: null,
    },
  },
  occurrenceColumn: 'occurrence',
  timeField: 'submissionTime',
  timeForm: 's',
  rowsPath: ['data', 'historyList'],
  request: () => listOf(endpoint),
  requestInstead: () => listOf('/account/sub-account/v1/transfer-history'),
  mapRow: (row, { part }) => ({
    part,
    columns: {
      from_account: identifier(row, 'fromAccount'),
      from_wallet: word(row, 'fromWalletType', wallets),
      to_account: identifier(row, 'toAccount'),
      to_wallet: word(row, 'toWalletType', wallets),
      currency: identifier(row, 'currency'),
      amount: decimal(row, 'amount'),
      occurrence: 1,
    },
  }),
} as const satisfies BitmartStream;

function listOf(path: string): BitmartRequest {
  return {
    host: 'spot',
    method: 'GET',
    endpoint: path,
    callsIn2Seconds: 8,
    level: 'keyed',
    parameters: { moveType: 'spot to spot', N: cap },
  };
}
