import type { WorkerPlugin } from '@temporalio/worker';
import type pg from 'pg';

/** Follows one request from the platform's call through workflow and activity to each statement. */
export interface Tracing {
  readonly plugin: WorkerPlugin;
  traceStatements(pool: pg.Pool): void;
  /** Sends the remaining spans. */
  close(): Promise<void>;
}

/** A hanging collector must not keep a worker from stopping. */
const lastSendingMs = 5_000;

/**
 * OpenTelemetry's own variables say where traces go (OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_SAMPLER …). Null without an
 * endpoint: then OpenTelemetry is not loaded at all. Spans hold ids, names and the text of statements, never their values.
 */
export async function startTracing(env: Readonly<Record<string, string | undefined>>): Promise<Tracing | null> {
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (!endpoint || env.OTEL_SDK_DISABLED === 'true') return null;
  const { AsyncLocalStorageContextManager } = await import('@opentelemetry/context-async-hooks');
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  const { Resource } = await import('@opentelemetry/resources');
  const { BasicTracerProvider, BatchSpanProcessor } = await import('@opentelemetry/sdk-trace-base');
  const { OpenTelemetryPlugin } = await import('@temporalio/interceptors-opentelemetry');
  const { tracedStatements } = await import('./statement-spans.ts');

  const resource = new Resource({ 'service.name': env.OTEL_SERVICE_NAME || 'bitmart-sync-worker' });
  const spanProcessor = new BatchSpanProcessor(new OTLPTraceExporter());
  const provider = new BasicTracerProvider({ resource, spanProcessors: [spanProcessor] });
  provider.register({ contextManager: new AsyncLocalStorageContextManager() });
  return {
    plugin: new OpenTelemetryPlugin({ resource, spanProcessor }),
    traceStatements: (pool) => tracedStatements(pool, provider.getTracer('bitmart-sync')),
    async close() {
      await Promise.race([provider.shutdown(), new Promise((resolve) => setTimeout(resolve, lastSendingMs).unref())]);
    },
  };
}
