import { once } from 'node:events';
import { createServer, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AccountWorkflows } from '../../src/client/temporal.ts';

const unimplemented = 12;
const unavailable = 14;

let server: Http2Server;
let calls = 0;

/** A Temporal that has just lost its database: it can be connected to, and refuses every call as one to try again. */
beforeAll(async () => {
  server = createServer();
  server.on('stream', (stream, headers) => {
    const isGreeting = headers[':path']?.endsWith('/GetSystemInfo');
    if (!isGreeting) calls++;
    const status = isGreeting ? unimplemented : unavailable;
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': String(status) },
      { endStream: true },
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

test('a call whose retry is due after the client was closed fails, and ends nothing else', async () => {
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const workflows = new AccountWorkflows({ address }, 'queue');
  const answer = workflows.isRunning('account').catch((error: unknown) => error);
  await expect.poll(() => calls).toBeGreaterThan(0);
  await workflows.close();
  expect(await answer).toMatchObject({ code: 'client-closed' });
  const late = workflows.isRunning('account').catch((error: unknown) => error);
  expect(await late).toMatchObject({ code: 'client-closed' });
});
