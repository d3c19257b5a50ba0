import { expect, test } from 'vitest';
import { startSandbox } from '../../sandbox/server.ts';
import { createBitmartExchange } from '../../src/bitmart/index.ts';
import { MemoryPace } from '../support/memory-pace.ts';

test.each(['fixed', 'sliding'] as const)(
  'turns that a busy process takes all at once are not sent all at once: none is refused, %s windows',
  async (limits) => {
    const sandbox = await startSandbox({ switches: { limits } });
    const account = sandbox.exchange.addAccount();
    // A pace that lets everybody go: as if every turn had come while the process was busy with something else.
    const exchange = createBitmartExchange({
      spotUrl: sandbox.url,
      futuresUrl: sandbox.url,
      limits: 'published',
      rateShare: 0.9,
      pace: new MemoryPace(),
    });
    const stream = exchange.streams.find((candidate) => candidate.name === 'futures-trades');
    if (!stream) throw new Error('There is no stream futures-trades.');
    const reader = exchange.open({ credentials: account, fingerprint: 'one' });
    const toMs = Math.floor(Date.now() / 1_000) * 1_000;
    const question = { part: 'futures', core: { from: toMs - 3_600_000, to: toMs } };
    const ask = () => reader.ask(stream, question, new AbortController().signal);
    // One after another, and then several at once, as where windows are asked before their turn.
    for (let i = 0; i < 4; i++) await ask();
    await Promise.all(Array.from({ length: 10 }, ask));
    expect(sandbox.exchange.counts().byEndpoint['/contract/private/trades']).toEqual({ ok: 14 });
    await exchange.close();
    await sandbox.close();
  },
);
