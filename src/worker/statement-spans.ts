import { context, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import type pg from 'pg';

// biome-ignore lint/suspicious/noExplicitAny: the driver's query has seven forms, of which each is passed on as it came.
type Query = (...values: any[]) => any;

/** Each statement of a traced activity becomes a span with its text; other statements do not. */
export function tracedStatements(pool: pg.Pool, tracer: Tracer): void {
  pool.query = traced(pool.query.bind(pool) as Query, tracer);
  pool.on('connect', (client) => {
    client.query = traced(client.query.bind(client) as Query, tracer);
  });
}

function traced(query: Query, tracer: Tracer): Query {
  return (...values) => {
    // With a callback the pool is sending the statement, whose span has already begun.
    if (trace.getSpan(context.active()) === undefined || typeof values.at(-1) === 'function') return query(...values);
    const [statement] = values;
    const text: string = typeof statement === 'string' ? statement : (statement?.text ?? '');
    const span = tracer.startSpan(`SQL ${/\w+/.exec(text)?.[0].toLowerCase() ?? 'statement'}`, {
      kind: SpanKind.CLIENT,
      attributes: { 'db.system': 'postgresql', 'db.statement': text },
    });
    const sent = query(...values);
    sent.then(
      () => span.end(),
      (error: { code?: unknown }) => fail(span, error),
    );
    return sent;
  };
}

/** The driver's message may name values; the code says enough. */
function fail(span: Span, { code }: { readonly code?: unknown }): void {
  span.setStatus({ code: SpanStatusCode.ERROR, message: typeof code === 'string' ? code : 'failed' });
  span.end();
}
