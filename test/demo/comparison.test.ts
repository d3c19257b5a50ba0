import { expect, test } from 'vitest';
import { compareStream, mistakesOf, type StreamEvidence } from '../../dev/demo/comparison/compare-stream.ts';
import { expectedRecord, type ListedContracts } from '../../dev/demo/comparison/expected-record.ts';
import { isFlawless, verdictTable } from '../../dev/demo/comparison/verdict-table.ts';
import { startSandbox } from '../../sandbox/server.ts';

const noContracts: ListedContracts = new Map();
const stream = 'spot-trades';

/** Some trades that happened, and all of them stored as they should be. */
async function perfect(): Promise<StreamEvidence> {
  const { exchange, close } = await startSandbox();
  exchange.addAccount({ name: 'anna' });
  exchange.generate('anna', { spotTrades: 20, days: 5 });
  const truth = exchange.truth('anna').map((record) => ({ ...record, wasServable: true }));
  await close();
  const stored = truth.map((record) => expectedRecord(stream, record, noContracts));
  return { stream, truth, stored, claims: [], covered: [], contracts: noContracts };
}

test('what is stored as it happened has no mistake', async () => {
  const verdict = compareStream(await perfect());
  expect(verdict).toMatchObject({ records: 20, stored: 20, lost: 0, doubled: 0, invented: 0, different: 0 });
  expect(mistakesOf(verdict)).toBe(0);
});

test('a record that is missing is lost, and a claim over it is false', async () => {
  const evidence = await perfect();
  const [first] = evidence.truth;
  const at = { fromMs: first?.timeMs as number, toMs: (first?.timeMs as number) + 1 };
  const missing = { ...evidence, stored: evidence.stored.slice(1) };
  expect(compareStream(missing)).toMatchObject({ lost: 1, falselyClaimed: 0 });
  expect(compareStream({ ...missing, covered: [at] })).toMatchObject({ lost: 1, falselyClaimed: 1 });
  const claim = { ...at, stream, part: 'all' };
  expect(compareStream({ ...missing, claims: [claim] })).toMatchObject({ lost: 1, falselyClaimed: 1 });
  expect(compareStream({ ...missing, claims: [{ ...claim, part: 'other' }] })).toMatchObject({ falselyClaimed: 0 });
});

test('what was no longer served when the account was linked is not lost', async () => {
  const evidence = await perfect();
  const truth = evidence.truth.map((record) => ({ ...record, wasServable: false }));
  expect(mistakesOf(compareStream({ ...evidence, truth, stored: [] }))).toBe(0);
});

test('a record stored twice is doubled, one that never happened is invented', async () => {
  const evidence = await perfect();
  const [first] = evidence.stored;
  if (first === undefined) throw new Error('nothing stored');
  expect(compareStream({ ...evidence, stored: [...evidence.stored, first] })).toMatchObject({
    doubled: 1,
    invented: 0,
  });
  const stranger = { ...first, columns: { ...first.columns, trade_id: '1' } };
  expect(compareStream({ ...evidence, stored: [...evidence.stored, stranger] })).toMatchObject({
    invented: 1,
    lost: 0,
  });
});

test('any column that is not as it happened shows, down to the last digit', async () => {
  const evidence = await perfect();
  const [first, ...others] = evidence.stored;
  if (first === undefined) throw new Error('nothing stored');
  for (const name of Object.keys(first.columns).filter((column) => !/^(symbol|trade_id|order_id)$/.test(column))) {
    const columns = { ...first.columns, [name]: `${first.columns[name] ?? ''}0` };
    const verdict = compareStream({ ...evidence, stored: [{ ...first, columns }, ...others] });
    expect(verdict).toMatchObject({ different: 1, lost: 0, invented: 0 });
    expect(verdict.examples[0]).toContain(name);
    expect(isFlawless([{ owner: 'anna', streams: [verdict] }])).toBe(false);
  }
});

const btc = { contract_size: '0.001', base_currency: 'BTC', quote_currency: 'USDT' };

test('every kind of record has its fields read from the text that was served', async () => {
  const { exchange, close } = await startSandbox();
  exchange.addAccount({ name: 'bob' });
  exchange.addCaptured('bob');
  await close();
  const read = exchange.truth('bob').map((record) => {
    const { columns } = expectedRecord(record.stream as 'deposits', record, new Map([['BTCUSDT', btc]]));
    return { stream: record.stream, ...columns };
  });
  expect(read).toContainEqual(expect.objectContaining({ trade_id: '182342999769370687', price: '0.245948' }));
  expect(read).toContainEqual(
    expect.objectContaining({ trade_id: '6212604014', side: 'sell', contract_size: '0.001' }),
  );
  expect(read).toContainEqual(expect.objectContaining({ withdraw_id: '1679952', status: 'create', network: null }));
  expect(read).toContainEqual(expect.objectContaining({ deposit_id: '14233682', asset: 'USDT', network: 'TRC20' }));
});

test('the table fits into 80 columns', async () => {
  const verdict = compareStream(await perfect());
  for (const line of verdictTable([{ owner: 'anna', streams: [verdict] }])) expect(line.length).toBeLessThan(80);
});
