import { expect, test } from 'vitest';
import type { AddedAccount } from '../../sandbox/server.ts';
import { streams as sandboxStreams } from '../../sandbox/streams/index.ts';
import { createBitmartExchange } from '../../src/bitmart/index.ts';
import { streamsOf } from '../../src/history/parts.ts';
import { unknownRight } from '../../src/history/stream.ts';
import { MemoryPace } from '../support/memory-pace.ts';
import { dayMs, opened } from './opened.ts';

const { signal } = new AbortController();

/** What a key may read by the rights that it was made with. */
function mayRead({ permissions = [] }: AddedKey, right: string | undefined): boolean {
  return right === undefined || right === unknownRight || permissions.includes(right);
}

type AddedKey = AddedAccount & { readonly permissions?: readonly string[] };

async function read(url: string, key: AddedKey, subAccount: string | null = null) {
  const exchange = createBitmartExchange({
    spotUrl: url,
    futuresUrl: url,
    limits: 'none',
    rateShare: 1,
    pace: new MemoryPace(),
  });
  const reader = exchange.open({ credentials: key, fingerprint: 'f1' });
  const report = await reader.check({ subAccount }, signal);
  const pages: Record<string, string[]> = {};
  const toMs = Math.floor(Date.now() / 1_000) * 1_000;
  const pairs = sandboxStreams['margin-loans'].parts.map((part) => ({ stream: 'margin-loans', part }));
  const streams = streamsOf(exchange.streams, pairs).filter(({ right }) => mayRead(key, right));
  for (const stream of report.accepted ? streams : []) {
    for (const part of stream.parts) {
      const question = { part, core: { from: toMs - 85 * dayMs, to: toMs } };
      const { rows } = await reader.ask(stream, question, signal);
      expect(rows.filter((row) => row.kind !== 'row' || row.part !== part)).toEqual([]);
      pages[`${stream.name}/${part}`] = rows.map((row) => row.raw).sort();
    }
  }
  await exchange.close();
  return { report, pages };
}

test('the adapter accepts a key of the sandbox and reads every stream exactly as the truth has it', async () => {
  for (const includesEnd of [true, false]) {
    const permissions = ['Future-Trade', 'Inter-Account Transfer'];
    const switches = { includesEnd, includesStart: includesEnd };
    const { exchange, url, account } = await opened({ switches }, { permissions });
    exchange.addCaptured('anna');
    const endMs = Date.now() - dayMs;
    const trades = { spotTrades: 150, futuresTrades: 150, futuresFlows: 400 };
    exchange.generate('anna', {
      ...trades,
      withdrawals: 30,
      deposits: 30,
      transfers: 30,
      earnRecords: 160,
      subAccountTransfers: 30,
      marginLoans: 160,
      days: 80,
      endMs,
    });
    const { report, pages } = await read(url, { ...account, permissions });
    expect(report).toMatchObject({ accepted: true, readOnly: false, exchangeAccountId: account.cid });
    expect(report.problems.map(({ code }) => code)).toEqual(['key-can-trade']);
    const truth: Record<string, string[]> = {};
    for (const row of exchange.truth('anna')) {
      const name = `${row.stream}/${row.part}`;
      truth[name] = [...(truth[name] ?? []), row.servedText].sort();
    }
    expect(pages).toEqual(truth);
    expect(Object.keys(pages)).toHaveLength(19);
  }
});

test('the adapter names what is wrong with a key', async () => {
  const { url, account, exchange } = await opened();
  const codes = async (key: AddedAccount) => (await read(url, key)).report.problems.map((problem) => problem.code);
  expect(await codes({ ...account, memo: 'wrong' })).toEqual(['wrong-secret-or-memo']);
  expect(await codes({ ...account, apiKey: 'unknown' })).toEqual(['wrong-key']);
  exchange.changeKey(account.apiKey, { permissions: ['Withdraw'], allowedAddresses: ['203.0.113.7'] });
  expect(await codes(account)).toEqual(['ip-not-allowed']);
  exchange.changeKey(account.apiKey, { allowedAddresses: [] });
  expect(await codes(account)).toEqual(['key-can-withdraw']);
});
