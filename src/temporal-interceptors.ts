import { type ConnectionOptions, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number];

/**
 * For every connection to Temporal: a call whose next try comes after the connection was closed fails as cancelled. The SDK
 * tries again from a timer, so the error that gRPC throws then is uncaught and ends the whole process. Without other
 * interceptors calls are retried as the SDK does it.
 */
export function closableInterceptors({ interceptors }: ConnectionOptions): Interceptor[] {
  return [...(interceptors ?? [makeGrpcRetryInterceptor(defaultGrpcRetryOptions())]), failingOnceClosed];
}

type Call = ReturnType<Parameters<Interceptor>[1]>;
type Metadata = Parameters<Call['start']>[0];

const failingOnceClosed = ((options, nextCall): Call => {
  try {
    return nextCall(options);
  } catch (error) {
    return cancelledCall(error instanceof Error ? error.message : String(error));
  }
}) as Interceptor;

/** gRPC's number; the SDK does not retry it. */
const cancelled = 1;

function cancelledCall(details: string): Call {
  const nothing = () => undefined;
  return {
    start: (metadata, listener) => {
      // As in a real call, nothing is answered before the caller is ready for it.
      process.nextTick(() => {
        listener?.onReceiveMessage?.(null);
        listener?.onReceiveStatus?.({ code: cancelled, details, metadata: emptied(metadata) });
      });
    },
    sendMessage: nothing,
    sendMessageWithContext: nothing,
    startRead: nothing,
    halfClose: nothing,
    cancelWithStatus: nothing,
    getPeer: () => '',
    getAuthContext: () => null,
  };
}

/** The call's own metadata holds the API key, and what is answered here stands in the error that the caller gets. */
function emptied(metadata: Metadata): Metadata {
  const empty = metadata.clone();
  for (const name of Object.keys(empty.getMap())) empty.remove(name);
  return empty;
}
