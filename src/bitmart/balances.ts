import { type Decimal, decimalOf, decimalText, minus, sum } from '../books/decimal.ts';
import { ExchangeFailure, passesByItself } from '../history/failure.ts';
import type { Balance, WalletBalances } from '../history/ports.ts';
import type { Asker } from './client.ts';
import { shortText } from './fields.ts';
import { wholeList } from './list-answer.ts';
import type { RowFields } from './rows.ts';
import type { BitmartRequest } from './transport.ts';

interface Wallet {
  readonly wallet: string;
  readonly request: BitmartRequest;
  readonly rowsPath: readonly string[];
  readonly read: (row: RowFields) => Omit<Balance, 'raw' | 'currency'>;
}

/** The spot wallet's balances. It is also the smallest KEYED read: it shows that the key is known, whatever the signature. */
export const walletRead: BitmartRequest = {
  host: 'spot',
  method: 'GET',
  endpoint: '/account/v1/wallet',
  callsIn2Seconds: 12,
  level: 'keyed',
  parameters: {},
};

/** Both are KEYED and read-only. */
const wallets: readonly Wallet[] = [
  {
    wallet: 'spot',
    request: walletRead,
    rowsPath: ['data', 'wallet'],
    read: (row) => ({
      available: shortText(row.available),
      frozen: shortText(row.frozen),
      total: null,
      // `unAvailable` includes `frozen` and other frozen amounts. Moves to and from the funding account have no endpoint, so
      // the spot wallet and the funding account count as one wallet here.
      balance: total([
        optional(row, 'available'),
        row.unAvailable === undefined ? optional(row, 'frozen') : optional(row, 'unAvailable'),
        optional(row, 'fundAvailable'),
        optional(row, 'fundFroze'),
      ]),
    }),
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
      available: shortText(row.available_balance),
      frozen: shortText(row.frozen_balance),
      total: shortText(row.equity),
      balance: walletBalance(row),
    }),
  },
];

/**
 * The balances of each wallet, digit for digit. A wallet that is refused or unreadable does not stop the other. A refusal of the
 * key is one of the wallet alone only once another wallet was answered; until then it is thrown.
 */
export async function balancesOf(asker: Asker): Promise<readonly WalletBalances[]> {
  const { client } = asker;
  const reported: WalletBalances[] = [];
  for (const wallet of wallets) {
    const askedAtMs = client.clockMs();
    const isKeyAccepted = reported.some(({ refusal }) => refusal === null);
    const read = await balancesIn(wallet, asker).catch((error: unknown) => {
      if (!(error instanceof ExchangeFailure) || passesByItself(error.details.kind)) throw error;
      const { kind, message, mayPass: isUnreadable = false } = error.details;
      if (kind === 'refused-key' && !isKeyAccepted) throw error;
      return { balances: [], refusal: message, isUnreadable };
    });
    reported.push({ wallet: wallet.wallet, askedAtMs, answeredAtMs: client.clockMs(), ...read });
  }
  return reported;
}

async function balancesIn(
  { request, rowsPath, read }: Wallet,
  asker: Asker,
): Promise<Pick<WalletBalances, 'balances' | 'refusal'>> {
  const { rows, no } = await wholeList(asker, request, rowsPath);
  const balances = rows.map(({ raw, fields }) => ({
    currency: shortText(fields?.currency) ?? unnamed,
    ...read(fields ?? {}),
    raw,
  }));
  // An unreadable currency would count as nothing, and a repeated one would be counted wrong.
  const currencies = new Set(balances.map(({ currency }) => currency));
  if (currencies.size < balances.length || currencies.has(unnamed)) throw no('its rows are not one for each currency');
  return { balances, refusal: null };
}

const unnamed = '?';

/** Absent and empty fields count as 0; null for anything that is not a number. */
function optional(row: RowFields, name: string): Decimal | null {
  const value = row[name] ?? '0';
  return typeof value === 'string' ? decimalOf(value === '' ? '0' : value) : null;
}

function total(parts: readonly (Decimal | null)[]): string | null {
  const known = parts.filter((part) => part !== null);
  return known.length === parts.length ? decimalText(sum(known)) : null;
}

/** The balance that records move: the equity without the unrealised profit of open positions. */
function walletBalance(row: RowFields): string | null {
  const equity = typeof row.equity === 'string' ? decimalOf(row.equity) : null;
  const unrealized = optional(row, 'unrealized');
  return equity === null || unrealized === null ? null : decimalText(minus(equity, unrealized));
}
