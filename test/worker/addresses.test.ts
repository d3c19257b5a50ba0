import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { serveHealth } from '../../src/worker/health.ts';
import { AddressUnusable, explain } from '../../src/worker/start-failure.ts';

test('a busy address is named with the variable that it comes from', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${(other.address() as AddressInfo).port}`;
  const failure = await serveHealth(address, {} as never).catch((error: unknown) => error);
  expect(explain(failure)).toBe(
    `HEALTH_ADDRESS names ${address}, which can't be listened at: it is in use. Choose another, or leave it out.`,
  );
  expect(explain(new AddressUnusable('METRICS_ADDRESS', address, new Error('Address already in use')))).toContain(
    `METRICS_ADDRESS names ${address}`,
  );
  other.close();
});
