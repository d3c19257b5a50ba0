import { decimalOf } from '../books/decimal.ts';
import { walletOfPair } from '../books/wallets.ts';
import { ExchangeFailure, type FailureDetails, passesByItself } from '../history/failure.ts';
import type { Balance, WalletBalances } from '../history/ports.ts';
import type { Asker } from './client.ts';
import { decimal, identifier, UnreadableField } from './fields.ts';
import { wholeList } from './list-answer.ts';
import type { RowFields, SourceRow } from './rows.ts';
import type { BitmartRequest } from './transport.ts';

/** Without a symbol it returns every pair of the account. */
const marginRead: BitmartRequest = {
  host: 'spot',
  method: 'GET',
  endpoint: '/spot/v1/margin/isolated/account',
  callsIn2Seconds: 12,
  level: 'keyed',
  parameters: {},
};

type Reported = Omit<WalletBalances, 'askedAtMs' | 'answeredAtMs'>;

/**
 * The balances of isolated margin, each pair a wallet. BitMart has ended margin trading and may withdraw this endpoint in any
 * way, so no failure of it is thrown.
 */
export async function marginBalancesOf(asker: Asker): Promise<readonly WalletBalances[]> {
  const { client } = asker;
  const askedAtMs = client.clockMs();
  const reported = await pairsIn(asker).catch((error: unknown) => {
    if (!(error instanceof ExchangeFailure)) throw error;
    return silenceAfter(error.details);
  });
  const answeredAtMs = client.clockMs();
  return reported.map((wallet) => ({ ...wallet, askedAtMs, answeredAtMs }));
}

async function pairsIn(asker: Asker): Promise<readonly Reported[]> {
  const { rows, no } = await wholeList(asker, marginRead, ['data', 'symbols']);
  const pairs = rows.map((row) => pairIn(row, no));
  if (new Set(pairs.map(({ wallet }) => wallet)).size < pairs.length) throw no('it names a pair twice');
  const used = pairs.filter(({ balances }) => balances.length > 0);
  return used.length > 0 ? used : [{ wallet: 'isolated-margin', balances: [], refusal: null }];
}

/** Both currencies of a pair, unless the pair neither holds nor owes any: pairs that were never used are listed with zeros. */
function pairIn({ raw, fields }: SourceRow, no: (sentence: string) => ExchangeFailure): Reported {
  try {
    const row = fields ?? {};
    const sides = [row.base, row.quote].map((side) => sideIn(side, raw));
    if (sides[0]?.currency === sides[1]?.currency) throw no('a pair has one currency twice');
    const balances = sides.flatMap(({ isUsed, ...balance }) => (isUsed ? [balance] : []));
    return { wallet: walletOfPair(identifier(row, 'symbol')), balances, refusal: null };
  } catch (error) {
    if (error instanceof UnreadableField) throw no(`one of its pairs can't be read (${error.reason})`);
    throw error;
  }
}

function sideIn(side: unknown, raw: string): Balance & { readonly isUsed: boolean } {
  const row: RowFields = typeof side === 'object' && side !== null ? (side as RowFields) : {};
  const held = {
    available: decimal(row, 'available'),
    frozen: decimal(row, 'frozen'),
    total: decimal(row, 'total_asset'),
    // The balance that trades move; loans are not part of it.
    balance: decimal(row, 'net_asset'),
  };
  const owed = ['borrowed', 'borrow_unpaid', 'interest_unpaid'].map((name) => decimal(row, name));
  const isUsed = [...Object.values(held), ...owed].some((amount) => decimalOf(amount)?.units !== 0n);
  return { currency: identifier(row, 'currency'), ...held, raw, isUsed };
}

/** What is reported when margin was not answered; nothing if a later moment or another key may get an answer. */
function silenceAfter(failure: FailureDetails): readonly Reported[] {
  const { kind, message } = failure;
  if (passesByItself(kind) || kind === 'refused-key') return [];
  const isUnreadable = failure.mayPass === true;
  return [{ wallet: 'isolated-margin', balances: [], refusal: message, isUnreadable }];
}
