import type { Context } from '@temporalio/activity';

/** How long the current page may take when the worker stops. */
const lastPageMs = 6_000;

/** Ends the requests of a cancelled activity: at once, but where the worker stops, the current page comes to its end. */
export function untilLastPage(context: Context): AbortSignal {
  const { cancellationSignal } = context;
  const stop = new AbortController();
  const end = () => stop.abort(cancellationSignal.reason);
  const onCancel = () => {
    if (context.cancellationDetails?.workerShutdown) setTimeout(end, lastPageMs).unref();
    else end();
  };
  if (cancellationSignal.aborted) onCancel();
  else cancellationSignal.addEventListener('abort', onCancel, { once: true });
  return stop.signal;
}
