import { once } from 'node:events';
import { createServer, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AccountWorkflows } from '../../src/client/temporal.ts';
import { closableInterceptors } from '../../src/temporal-interceptors.ts';

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

const address = () => `127.0.0.1:${(server.address() as AddressInfo).port}`;

test('a call whose retry is due after the client was closed fails, and ends nothing else', async () => {
  const workflows = new AccountWorkflows({ address: address() }, 'queue');
  const answer = workflows.isRunning('account').catch((error: unknown) => error);
  await expect.poll(() => calls).toBeGreaterThan(0);
  await workflows.close();
  expect(await answer).toMatchObject({ code: 'client-closed' });
  const late = workflows.isRunning('account').catch((error: unknown) => error);
  expect(await late).toMatchObject({ code: 'client-closed' });
});

test('a call on a closed connection fails, without saying the key that it was made with', async () => {
  const options = { address: address(), apiKey: 'secret-of-a-cloud', tls: false };
  const connection = await Connection.connect({ ...options, interceptors: closableInterceptors(options) });
  await connection.close();
  const error = await connection.workflowService.getClusterInfo({}).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 1, details: 'Channel has been shut down' });
  expect(inspect(error, { depth: null, showHidden: true })).not.toContain('secret-of-a-cloud');
});
