import { type ConnectionOptions, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number];

/**
 * For every connection to Temporal: a call that is retried, by default as the SDK retries it, fails as cancelled where its next
 * try comes after the connection was closed. The SDK retries from a timer and leaves the error that gRPC throws then to
 * nobody, which ends the whole process.
 */
export function closableInterceptors({ interceptors }: ConnectionOptions): Interceptor[] {
  return [...(interceptors ?? [makeGrpcRetryInterceptor(defaultGrpcRetryOptions())]), failingOnceClosed];
}

type Call = ReturnType<Parameters<Interceptor>[1]>;

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
        listener?.onReceiveStatus?.({ code: cancelled, details, metadata });
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
