import type { PrivateCall } from './call.ts';
import type { PageQuestion } from './question.ts';
import { refusals } from './refusal.ts';
import { type Service, symbolsOf } from './rows/markets.ts';
import { streams } from './streams/index.ts';

const unknownCodes: Readonly<Record<Service, number>> = { spot: 50001, contract: 40034, account: 60002 };

/** Refuses a request for a symbol (movements: a currency) that the exchange does not know, or no longer knows. */
export function admitSymbol({ account, switches }: PrivateCall, { stream, symbol }: PageQuestion): void {
  if (symbol === null) return;
  const { service } = streams[stream];
  if (switches.delistedSymbols.includes(symbol)) {
    const code = service === 'contract' ? switches.delistedContractCode : unknownCodes[service];
    throw refusals.ofStream(stream, code, `${symbol} is not available`);
  }
  const listed = symbolsOf[service].filter((one) => !switches.delistedContracts.includes(one));
  const known = [...listed, ...account.symbols(service)];
  // The plain code of a coin with several networks is known, though no record carries it.
  if (known.some((one) => one === symbol || one.startsWith(`${symbol}-`))) return;
  throw refusals.ofStream(stream, unknownCodes[service], `${symbol} does not exist`);
}
