import { mayRead } from '../../../sandbox/gate.ts';
import type { SandboxExchange } from '../../../sandbox/server.ts';
import { shownStreams } from '../accounts.ts';
import type { WatchedAccount } from '../observer.ts';
import { compareStream, type StreamVerdict, type TrueRecord } from './compare-stream.ts';
import type { ListedContract, ListedContracts } from './expected-record.ts';
import type { StoredRecords } from './stored-records.ts';

export interface AccountVerdict {
  readonly owner: string;
  readonly streams: readonly StreamVerdict[];
}

export interface Comparison {
  readonly exchange: SandboxExchange;
  readonly exchangeUrl: string;
  readonly stored: StoredRecords;
}

/** Compares everything that is stored of an account with the exchange's truth. */
export async function compareAccount(comparison: Comparison, account: WatchedAccount): Promise<AccountVerdict> {
  const { exchange, exchangeUrl, stored } = comparison;
  const { client, accountId } = account;
  const { owner } = account.simulated;
  const listing = (await client.list()).find((listed) => listed.accountId === accountId);
  const coverage = await client.coverage(accountId);
  const truth = trueRecords(exchange, owner, Date.parse(listing?.linkedAt ?? ''));
  const claims = await stored.claims(accountId);
  const contracts = await listedContracts(exchangeUrl);
  const streams: StreamVerdict[] = [];
  for (const stream of shownStreams) {
    const covered = coverage.streams.find((one) => one.stream === stream)?.covered ?? [];
    streams.push(
      compareStream({
        stream,
        truth: truth.filter((record) => record.stream === stream),
        stored: await stored.of(accountId, stream),
        claims: claims.filter((claim) => claim.stream === stream),
        covered: covered.map(([from, to]) => ({ fromMs: Date.parse(from), toMs: Date.parse(to) })),
        contracts,
      }),
    );
  }
  return { owner, streams };
}

export function trueRecords(exchange: SandboxExchange, owner: string, linkedAtMs: number): readonly TrueRecord[] {
  if (Number.isNaN(linkedAtMs)) throw new Error(`The account of ${owner} does not say when it was linked.`);
  const nameOf = (record: { stream: string; part: string; id: string }) =>
    `${record.stream} ${record.part} ${record.id}`;
  const truth = exchange.truth(owner);
  const endOfServing = new Map(
    exchange.served(owner).map((record) => [nameOf(record), record.servableUntilMs] as const),
  );
  const keys = [...exchange.account(owner).keys];
  return truth.map((record) => {
    const isReadable = keys.some((key) => mayRead(key, record.stream));
    const untilMs = endOfServing.get(nameOf(record)) ?? null;
    return { ...record, wasServable: isReadable && (untilMs === null || untilMs > linkedAtMs) };
  });
}

/** Contracts as the exchange lists them. */
export async function listedContracts(exchangeUrl: string): Promise<ListedContracts> {
  const response = await fetch(`${exchangeUrl}/contract/public/details`);
  const { data } = (await response.json()) as { data: { symbols: (ListedContract & { symbol: string })[] } };
  return new Map(data.symbols.map((listed) => [listed.symbol, listed]));
}
