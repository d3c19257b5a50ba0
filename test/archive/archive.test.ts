import { once } from 'node:events';
import { createWriteStream, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OwnerClient } from '../../src/client/index.ts';
import { streamNames } from '../../src/client/record-types.ts';
import { documentOf, runCommandLine } from '../cli/run-command-line.ts';
import { notRefused } from '../support/not-refused.ts';
import { refusedBeyondReach, type System, startSystem } from '../support/system.ts';
import { scriptNames, sha256, UnpackedArchive } from './unpacked.ts';

const folder = mkdtempSync(join(tmpdir(), 'bitmart-sync-archive-'));
const file = join(folder, 'anna.tar.gz');
let system: System;
let anna: OwnerClient;
let accountId: string;
let written: Record<string, unknown>;
let archive: UnpackedArchive;

/** A history of every kind: records that changed, a row that can't be read, records that came after the first read. */
beforeAll(async () => {
  system = await startSystem({ switches: refusedBeyondReach });
  await system.startWorker();
  const { exchange } = system.sandbox;
  const permissions = ['Future-Trade', 'Inter-Account Transfer'];
  const account = exchange.addAccount({ name: 'anna', permissions });
  exchange.generate('anna', {
    spotTrades: 900,
    futuresTrades: 300,
    futuresFlows: 200,
    withdrawals: 20,
    deposits: 20,
    days: 80,
  });
  // With the trades on margin that name the pairs of the loans.
  exchange.generate('anna', { transfers: 8, earnRecords: 16, subAccountTransfers: 8, marginLoans: 16, days: 80 });
  const pending = exchange.add('anna', 'withdrawals', [{ apply_time: Date.now() - 86_400_000, status: '2' }])[0];
  exchange.inject({ fault: 'malformed-row', stream: 'deposits', malformation: 'unreadable-amount', times: 1 });
  anna = system.client.forOwner('anna');
  accountId = (await notRefused(anna.link(account, { label: 'Anna’s <account>' }))).accountId;
  await anna.waitForLive(accountId);
  exchange.change('anna', 'withdrawals', String(pending?.id), { status: '3' });
  exchange.add('anna', 'spot-trades', [{ createTime: Date.now() - 5_000 }]);
  for (let i = 0; i < 3; i++) await anna.sync(accountId);
  const ended = await runCommandLine(['archive', accountId, '--owner', 'anna', '--out', file, '--json'], {
    env: system.env,
  });
  expect(ended.status).toBe(0);
  // How far it is, where the machine is busy.
  expect(ended.stderr.replace(/^Archiving: .*\n/gm, '')).toBe('');
  written = documentOf(ended);
  archive = UnpackedArchive.of(file, folder);
});
afterAll(async () => {
  await system.close();
  rmSync(folder, { recursive: true });
});

describe('the command', () => {
  test('writes a whole file for its owner’s eyes, and says what is in it', () => {
    const bytes = readFileSync(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).filter((name) => name.includes('unfinished'))).toEqual([]);
    expect(written).toMatchObject({
      file,
      accountId,
      bytes: bytes.length,
      sha256: sha256(bytes),
      records: { 'spot-trades': 901, 'futures-trades': 300 },
      manifestSha256: sha256(archive.bytes('manifest.json')),
      files: archive.paths.length,
    });
  });

  test('of another owner finds no account, in a folder that is not there it can’t write, and neither leaves a file', async () => {
    const others = join(folder, 'others.tar.gz');
    const refused = await runCommandLine(['archive', accountId, '--owner', 'ben', '--out', others, '--json'], {
      env: system.env,
    });
    expect(refused.status).toBe(1);
    expect(documentOf(refused)).toMatchObject({ error: { code: 'account-not-found' } });
    const nowhere = join(folder, 'nowhere', 'anna.tar.gz');
    const unwritable = await runCommandLine(['archive', accountId, '--owner', 'anna', '--out', nowhere], {
      env: system.env,
    });
    expect(unwritable.status).toBe(2);
    expect(readdirSync(folder).filter((name) => name.includes('others'))).toEqual([]);
  });
});

describe('an archive', () => {
  test.each(scriptNames)('is verified by its own %s', (script) => {
    const { status, said } = archive.verify(script);
    expect(said).toMatch(/^Verified: \d+ records, \d+ pages/);
    expect(status).toBe(0);
  });

  test('holds every record as `records` gives it, and the answers that brought them', async () => {
    for (const stream of streamNames) {
      const stored: unknown[] = [];
      for await (const record of anna.allRecords(accountId, stream)) stored.push(JSON.parse(JSON.stringify(record)));
      expect(archive.lines(`records/${stream}.ndjson`)).toEqual(stored);
      const csv = archive.bytes(`records/${stream}.csv`).toString();
      expect(csv).toContain(String((stored[0] as { page_id: string }).page_id));
    }
    const { rows } = await system.database.query<{ page_id: string; hash: Buffer; has_bytes: boolean }>(
      'select page_id, hash, bytes is not null as has_bytes from page where account_id = $1 order by page_id',
      [accountId],
    );
    const pages = archive.lines('pages.ndjson');
    expect(pages.map(({ pageId, sha256 }) => [pageId, sha256])).toEqual(
      rows.map((row) => [row.page_id, row.hash.toString('hex')]),
    );
    for (const { file: path, sha256: hash } of pages) if (path !== null) expect(sha256(archive.bytes(path))).toBe(hash);
    expect(written).toMatchObject({
      pages: rows.length,
      pagesWithoutBytes: rows.filter((row) => !row.has_bytes).length,
    });
  });

  test('holds earlier versions, quarantined rows, coverage with its gaps, and pages to read', async () => {
    expect(archive.lines('earlier-versions.ndjson')).toMatchObject([
      { stream: 'withdrawals', raw: expect.any(String) },
    ]);
    expect(archive.lines('quarantined-rows.ndjson')).toMatchObject([{ stream: 'deposits', raw: expect.any(String) }]);
    const { streams } = await anna.coverage(accountId);
    const archived = archive.json('coverage.json');
    expect(
      archived.streams.map(({ stream, rows, covered }: (typeof streams)[number]) => ({ stream, rows, covered })),
    ).toEqual(streams.map(({ stream, rows, covered }) => ({ stream, rows, covered })));
    expect(archive.json('reconciliation.json').assets).toEqual((await anna.reconcile(accountId)).assets);
    const page = archive.bytes('index.html').toString();
    expect(page).toContain('Anna’s &lt;account&gt;');
    for (const path of page.matchAll(/href="([^"]+)"/g))
      expect(existsSync(join(archive.folder, String(path[1])))).toBe(true);
    expect(archive.bytes('report.html').toString()).toContain(accountId);
    expect(archive.bytes('manifest.json').toString()).not.toContain('apiKey');
  });

  test('of an account without anything is verified as well', async () => {
    const other = system.sandbox.exchange.addAccount({ name: 'empty' });
    const linked = await notRefused(anna.link(other, { wait: false }));
    const empty = join(folder, 'empty.tar.gz');
    const ended = await runCommandLine(['archive', linked.accountId, '--owner', 'anna', '--out', empty], {
      env: system.env,
    });
    expect(ended.status).toBe(0);
    for (const script of scriptNames) expect(UnpackedArchive.of(empty, folder).verify(script).status).toBe(0);
  });
});

describe('the stream', () => {
  const connections = async () => {
    const { rows } = await system.database.query<{ count: string }>(
      `select count(*) from pg_stat_activity where application_name = 'bitmart-sync archive' and datname = current_database()`,
    );
    return Number(rows[0]?.count);
  };

  test('is of one instant, although records are stored and erased while it is read', async () => {
    const { exchange } = system.sandbox;
    const key = exchange.addAccount({ name: 'torn' });
    exchange.generate('torn', { spotTrades: 900, withdrawals: 5, days: 80 });
    const torn = (await notRefused(anna.link(key))).accountId;
    await anna.waitForLive(torn);
    const made = join(folder, 'torn.tar.gz');
    const sink = createWriteStream(made);
    let chunks = 0;
    for await (const chunk of anna.archive(torn)) {
      sink.write(chunk);
      chunks += 1;
      if (chunks > 1) continue;
      exchange.add('torn', 'spot-trades', [{ createTime: Date.now() - 5_000 }]);
      await anna.sync(torn);
      await anna.unlink(torn, { erase: true });
    }
    await new Promise((resolve) => sink.end(resolve));
    expect(chunks).toBeGreaterThan(2);
    const unpacked = UnpackedArchive.of(made, folder);
    for (const script of scriptNames) expect(unpacked.verify(script)).toMatchObject({ status: 0 });
    expect(unpacked.lines('records/spot-trades.ndjson')).toHaveLength(900);
    await expect(anna.status(torn)).rejects.toMatchObject({ code: 'account-not-found' });
  });

  test('gives its connection back when it is aborted, or its reader goes away', async () => {
    const controller = new AbortController();
    const reading = (async () => {
      for await (const _ of anna.archive(accountId, { signal: controller.signal }))
        controller.abort(new Error('enough'));
    })();
    await expect(reading).rejects.toMatchObject({ code: 'aborted', cause: { message: 'enough' } });
    for await (const _ of anna.archive(accountId)) break;
    await expect.poll(connections).toBe(0);
    const stalled = anna.archive(accountId);
    await once(stalled, 'readable');
    // Long enough for everything between the database and this reader to be full.
    await expect.poll(() => stalled.readableLength).toBeGreaterThan(0);
    await sleep(1_000);
    stalled.destroy();
    await expect.poll(connections, { timeout: 5_000 }).toBe(0);
    const unread = new AbortController();
    const forgotten = anna.archive(accountId, { signal: unread.signal });
    unread.abort();
    await new Promise((resolve) => forgotten.on('close', resolve));
    const aborted = anna.archive(accountId, { signal: AbortSignal.abort(new Error('before')) });
    await expect(aborted.toArray()).rejects.toMatchObject({ code: 'aborted', cause: { message: 'before' } });
  });

  test('says how much is done, and what it held once it is read', async () => {
    const shares: number[] = [];
    const stream = anna.archive(accountId, { onProgress: (share) => shares.push(share) });
    expect(stream.summary()).toBeNull();
    await stream.toArray();
    expect(stream.summary()).toMatchObject({ accountId, records: written.records });
    expect(shares.length).toBeGreaterThan(5);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
  });

  test('of an unknown account and of another owner’s fails alike', async () => {
    const errors = [anna.archive('unknown'), system.client.forOwner('ben').archive(accountId)].map((stream) =>
      stream.toArray().catch((error: { code: string; message: string }) => error.code),
    );
    expect(await Promise.all(errors)).toEqual(['account-not-found', 'account-not-found']);
    await expect.poll(connections).toBe(0);
  });
});

describe('a change is found', () => {
  test('of any one bit of any file, by both scripts', () => {
    const { paths } = archive;
    const sampled = fc.record({
      // Pages are the most; every other file has its turn as often as all of them together.
      path: fc.oneof(
        fc.constantFrom(...paths.filter((path) => path.startsWith('pages/'))),
        fc.constantFrom(...paths.filter((path) => !path.startsWith('pages/') && archive.bytes(path).length > 0)),
      ),
      place: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      bit: fc.integer({ min: 0, max: 7 }),
    });
    fc.assert(
      fc.property(sampled, ({ path, place, bit }) => {
        const before = archive.bytes(path);
        const after = Buffer.from(before);
        const at = Math.floor(place * before.length);
        after[at] = (after[at] as number) ^ (1 << bit);
        archive.write(path, after);
        // A script that was changed itself says nothing; the other one finds it.
        const others = scriptNames.filter((script) => script !== path);
        const found = others.map((script) => archive.verify(script).status);
        archive.write(path, before);
        expect(found).toEqual(others.map(() => 1));
      }),
      { numRuns: 40 },
    );
    for (const script of scriptNames) expect(archive.verify(script).status).toBe(0);
  });

  test.each(tamperings())('$name, though every hash is made to fit', ({ tamper, said }) => {
    const copy = archive.copy(folder);
    tamper(copy);
    copy.seal();
    for (const script of scriptNames) {
      const verified = copy.verify(script);
      expect(verified.said).toMatch(said);
      expect(verified.status).toBe(1);
    }
    rmSync(copy.folder, { recursive: true });
  });
});

interface Tampering {
  readonly name: string;
  readonly tamper: (archive: UnpackedArchive) => void;
  readonly said: RegExp;
}

// biome-ignore lint/suspicious/noExplicitAny: whatever the documents are
type Change = (documents: any[]) => void;

function tamperings(): readonly Tampering[] {
  const lines = (path: string, change: Change) => (unpacked: UnpackedArchive) => {
    const documents = unpacked.lines(path);
    change(documents);
    unpacked.writeLines(path, documents);
  };
  const coverage = (change: Change) => (unpacked: UnpackedArchive) => {
    const document = unpacked.json('coverage.json');
    change(document.streams);
    unpacked.write('coverage.json', JSON.stringify(document));
  };
  const covering = (name: string, from: string) =>
    coverage((streams) => {
      const stream = streams.find((each) => each.stream === name);
      stream.covered[0][0] = from;
    });
  const proving: Change = (pages) =>
    pages.splice(
      pages.findIndex(({ claim, stream }) => stream === 'spot-trades' && claim.length > 0),
      1,
    );
  return [
    {
      name: 'a record whose raw text stands in no page',
      tamper: lines('records/spot-trades.ndjson', (records) => {
        records[7].raw = records[7].raw.replace('"price":"', '"price":"1');
      }),
      said: /does not stand in pages/,
    },
    {
      name: 'a record without a raw text',
      tamper: lines('records/withdrawals.ndjson', (records) => {
        records[1].raw = '';
      }),
      said: /does not stand in pages/,
    },
    {
      name: 'a record of a page that is not there',
      tamper: lines('records/deposits.ndjson', (records) => {
        records[1].page_id = '00000000-0000-7000-8000-000000000000';
      }),
      said: /page 0.*is not there/,
    },
    {
      name: 'a record that stands twice',
      tamper: lines('records/spot-trades.ndjson', (records) => records.push(records[0])),
      said: /stands twice/,
    },
    {
      name: 'a record that is left out',
      tamper: lines('records/futures-flows.ndjson', (records) => records.splice(3, 1)),
      said: /futures-flows: 199 records, not 200/,
    },
    {
      name: 'an earlier version that was never served',
      tamper: lines('earlier-versions.ndjson', (versions) => {
        versions[0].raw = versions[0].raw.replace(/\d/, 'x');
      }),
      said: /an earlier version.*does not stand/,
    },
    {
      name: 'an answer with other bytes',
      tamper: (unpacked) => {
        const path = unpacked.lines('pages.ndjson').find((page) => page.file !== null).file;
        unpacked.write(path, unpacked.bytes(path).toString().replace('{', '{ '));
      },
      said: /is not the answer of its page/,
    },
    {
      name: 'a page that says more rows than its answer has',
      tamper: lines('pages.ndjson', (pages) => {
        pages.find((page) => page.file !== null).rows += 1;
      }),
      said: /rows, not/,
    },
    {
      name: 'coverage from an earlier time on',
      tamper: covering('spot-trades', '2017-01-01T00:00:00.000Z'),
      said: /no page proves/,
    },
    {
      name: 'coverage of a stream that has no page for it',
      tamper: covering('deposits', '2017-01-01T00:00:00.000Z'),
      said: /no page proves/,
    },
    {
      name: 'coverage up to a later time',
      tamper: coverage(([stream]) => {
        stream.covered.at(-1)[1] = '2030-01-01T00:00:00.000Z';
      }),
      said: /no page proves/,
    },
    { name: 'coverage whose page is gone', tamper: lines('pages.ndjson', proving), said: /no page proves/ },
    {
      name: 'a claim of a full answer',
      tamper: (unpacked) => {
        const [first] = unpacked.json('coverage.json').streams;
        coverage(([stream]) => {
          stream.covered = [['2017-01-01T00:00:00.000Z', first.covered.at(-1)[1]]];
        })(unpacked);
        lines('pages.ndjson', (pages) => {
          const full = pages.find(({ stream, rows }) => stream === first.stream && rows >= first.cap);
          full.claim = [['2017-01-01T00:00:00.000Z', full.answeredAt]];
          full.askedFrom = '2016-01-01T00:00:00.000Z';
        })(unpacked);
      },
      said: /no page proves/,
    },
    {
      name: 'a claim beyond what was asked',
      tamper: (unpacked) => {
        covering('spot-trades', '2017-01-01T00:00:00.000Z')(unpacked);
        lines('pages.ndjson', (pages) => {
          const short = pages.find(({ stream, claim }) => stream === 'spot-trades' && claim.length > 0);
          short.claim[0][0] = '2017-01-01T00:00:00.000Z';
        })(unpacked);
      },
      said: /no page proves/,
    },
    {
      name: 'a file that the manifest does not name',
      tamper: (unpacked) => {
        unpacked.seal();
        const seal = unpacked.seal.bind(unpacked);
        unpacked.write('extra.csv', 'more');
        unpacked.seal = () => void seal;
      },
      said: /extra.csv is not in the manifest/,
    },
  ];
}
