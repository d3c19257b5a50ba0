import { ExchangeFailure } from '../history/failure.ts';
import type { Balance, OpenKey, WalletBalances } from '../history/ports.ts';
import { maxRows, texts } from './clamps.ts';
import type { BitmartClient } from './client.ts';
import { type RowFields, rowsAt } from './rows.ts';
import type { BitmartRequest } from './transport.ts';

interface Wallet {
  readonly wallet: string;
  readonly request: BitmartRequest;
  readonly rowsPath: readonly string[];
  readonly read: (row: RowFields) => Omit<Balance, 'raw' | 'currency'>;
}

/** What lies in the spot wallet. It is also the smallest KEYED read: it shows that the key is known, whoever signs. */
export const walletRead: BitmartRequest = {
  host: 'spot',
  method: 'GET',
  endpoint: '/account/v1/wallet',
  callsIn2Seconds: 12,
  level: 'keyed',
  parameters: {},
};

/** Both are KEYED and read-only. Neither gives a total of what the other holds. */
const wallets: readonly Wallet[] = [
  {
    wallet: 'spot',
    request: walletRead,
    rowsPath: ['data', 'wallet'],
    read: (row) => ({ available: text(row.available), frozen: text(row.frozen), total: null }),
  },
  {
    wallet: 'futures',
    request: {
      host: 'futures',
      method: 'GET',
      endpoint: '/contract/private/assets-detail',
      callsIn2Seconds: 12,
      level: 'keyed',
      parameters: {},
    },
    rowsPath: ['data'],
    read: (row) => ({
      available: text(row.available_balance),
      frozen: text(row.frozen_balance),
      total: text(row.equity),
    }),
  },
];

/** What lies in each wallet, digit for digit. One that is refused says so and does not stop the other. */
export async function balancesOf(
  client: BitmartClient,
  key: OpenKey,
  signal: AbortSignal,
): Promise<readonly WalletBalances[]> {
  const told: WalletBalances[] = [];
  for (const { wallet, request, rowsPath, read } of wallets) {
    try {
      const { http } = await client.ask(request, key, signal);
      const rows = rowsAt(http.text, rowsPath)?.slice(0, maxRows) ?? null;
      const balances = (rows ?? []).map(({ raw, fields }) => ({
        currency: text(fields?.currency) ?? '?',
        ...read(fields ?? {}),
        raw,
      }));
      told.push({ wallet, balances, refusal: rows === null ? 'the answer holds no list' : null });
    } catch (error) {
      if (!(error instanceof ExchangeFailure)) throw error;
      told.push({ wallet, balances: [], refusal: error.details.message });
    }
  }
  return told;
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value.length <= texts.maxId && !value.includes('\0')
    ? value
    : null;
}
