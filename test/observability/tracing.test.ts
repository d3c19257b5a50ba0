import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { Resource } from '@opentelemetry/resources';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { OpenTelemetryPlugin } from '@temporalio/interceptors-opentelemetry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient } from '../../src/client/index.ts';
import { notRefused } from '../support/not-refused.ts';
import { refusedBeyondReach, type System, startSystem } from '../support/system.ts';

interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];
}

/** A collector that keeps in memory what a worker sends it. */
const received: ReceivedSpan[] = [];
let bytes = '';
const collector: Server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  bytes += body;
  const { resourceSpans } = JSON.parse(body) as {
    resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly ReceivedSpan[] }[] }[];
  };
  received.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)));
  response.setHeader('content-type', 'application/json').end('{}');
});

let system: System;
beforeAll(async () => {
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const { port } = collector.address() as AddressInfo;
  system = await startSystem({
    switches: refusedBeyondReach,
    workerEnv: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_BSP_SCHEDULE_DELAY: '200' },
  });
});
afterAll(async () => {
  await system.close();
  collector.close();
  context.disable();
  trace.disable();
});

test('one trace reaches from the platform’s call to the statement that stores a page, and holds nothing secret', async () => {
  const ours = new InMemorySpanExporter();
  const spanProcessor = new SimpleSpanProcessor(ours);
  const provider = new BasicTracerProvider({ spanProcessors: [spanProcessor] });
  provider.register({ contextManager: new AsyncLocalStorageContextManager() });
  const { DATABASE_URL = '', CREDENTIALS_PUBLIC_KEY = '', TASK_QUEUE = '', TEMPORAL_ADDRESS = '' } = system.env;
  const client = createClient({
    databaseUrl: DATABASE_URL,
    publicKey: CREDENTIALS_PUBLIC_KEY,
    taskQueue: TASK_QUEUE,
    temporal: {
      address: TEMPORAL_ADDRESS,
      plugins: [new OpenTelemetryPlugin({ resource: new Resource({}), spanProcessor })],
    },
  });
  const worker = await system.startWorker();
  const account = system.sandbox.exchange.addAccount();
  system.sandbox.exchange.generate(account.name, { spotTrades: 20, days: 5 });
  const owner = client.forOwner('traced');
  const { accountId } = await trace
    .getTracer('platform')
    .startActiveSpan('a user links', (span) => notRefused(owner.link(account)).finally(() => span.end()));
  await owner.waitForLive(accountId);
  await worker.stop();
  await client.close();

  const root = ours.getFinishedSpans().find(({ name }) => name === 'a user links');
  const spans = received.filter(({ traceId }) => traceId === root?.spanContext().traceId);
  const ids = new Map(spans.map((span) => [span.spanId, span]));
  const mine = new Map(ours.getFinishedSpans().map((span) => [span.spanContext().spanId, span]));
  const pathOf = (span: ReceivedSpan): readonly string[] => {
    const parent = ids.get(span.parentSpanId ?? '');
    const sender = mine.get(span.parentSpanId ?? '');
    return [...(parent ? pathOf(parent) : sender ? [sender.name] : []), span.name];
  };
  const paths = spans.filter(({ name }) => name.startsWith('SQL ')).map((span) => pathOf(span).join(' > '));
  const call = 'UpdateWithStartWorkflow:link > HandleUpdate:link > StartActivity:checkKey > RunActivity:checkKey';
  expect(paths).toContain(`${call} > SQL insert`);
  expect(paths).toContain('StartActivity:syncHistory > RunActivity:syncHistory > SQL with');
  expect(bytes).not.toContain(account.apiSecret);
  expect(bytes).not.toContain(account.apiKey);
  expect(bytes).not.toContain(account.memo);
});
