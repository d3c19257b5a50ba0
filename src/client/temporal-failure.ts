import {
  isGrpcServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { ClientError, type ClientErrorCode } from './client-error.ts';

/** The server that a failure concerns. */
interface TemporalServer {
  readonly address: string;
  readonly namespace: string;
}

/** Describes a failed call: whether the server, its namespace or a worker is missing. Unknown failures stay unchanged. */
export function temporalFailure(server: TemporalServer, error: unknown): unknown {
  if (error instanceof ClientError) return error;
  const failure = (code: ClientErrorCode, message: string, remedy: string) =>
    new ClientError(code, message, remedy, { cause: error });
  const askAgain = 'Check the account’s `status`, then try again.';
  if (error instanceof WorkflowUpdateFailedError) {
    const { message } = error.cause instanceof ApplicationFailure ? error.cause : error;
    return failure('request-refused', message, askAgain);
  }
  const grpc = grpcErrorOf(error);
  const silent = [grpcStatus.deadlineExceeded, grpcStatus.cancelled, grpcStatus.failedPrecondition];
  const isSilence = grpc !== null && silent.includes(grpc.code);
  if (isSilence || error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
    return failure('timed-out', 'The workflow did not answer in time.', askAgain);
  }
  if (error instanceof Error && /namespace/i.test(error.message) && /not found/i.test(error.message)) {
    return failure(
      'temporal-unreachable',
      `Temporal at ${server.address} has no namespace ${server.namespace}.`,
      'Create it, or name the one that the worker uses: `temporal.namespace` (TEMPORAL_NAMESPACE of the command line).',
    );
  }
  if (grpc?.code === grpcStatus.unavailable) return temporalUnreachable(server, error);
  return error;
}

export function temporalUnreachable(server: TemporalServer, error: unknown): ClientError {
  return new ClientError(
    'temporal-unreachable',
    `Temporal at ${server.address} can't be reached (${firstLine(error)}).`,
    'Start it, or say where it runs: `temporal.address` (TEMPORAL_ADDRESS of the command line).',
    { cause: error },
  );
}

/**
 * The run has just ended or continued as new, so the next attempt meets its successor. Or its last task failed, as when a
 * worker of an earlier release takes it during a rollout: another worker takes the next task.
 */
export function isOvertaken(error: unknown): boolean {
  if (error instanceof WorkflowUpdateFailedError) return failedAs(error, 'AcceptedUpdateCompletedWorkflow');
  const code = grpcErrorOf(error)?.code;
  const isGone = error instanceof WorkflowNotFoundError || code === grpcStatus.notFound || code === grpcStatus.aborted;
  if (code === grpcStatus.failedPrecondition) return true;
  return isGone && !/namespace/i.test(String((error as Error).message));
}

/** Whether an update failed, or was refused, with this type of failure. */
export function failedAs(error: unknown, type: string): boolean {
  const failure = error instanceof ClientError ? error.cause : error;
  if (!(failure instanceof WorkflowUpdateFailedError)) return false;
  return failure.cause instanceof ApplicationFailure && failure.cause.type === type;
}

/** The worker registers search attributes when it starts. Before the first worker has started, accounts start without them. */
export function isMissingAttribute(error: unknown): boolean {
  const grpc = grpcErrorOf(error);
  return grpc?.code === grpcStatus.invalidArgument && /search attribute/i.test(grpc.text);
}

// In an update-with-start the message says which operation failed; the details are those of the whole.
function grpcErrorOf(error: unknown): { code: number; text: string } | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isGrpcServiceError(cause)) return { code: cause.code, text: cause.message.replace(/^\d+ [A-Z_]+: /, '') };
  }
  return null;
}

function firstLine(error: unknown): string {
  const grpc = grpcErrorOf(error);
  const text = grpc?.text ?? (error instanceof Error ? error.message : String(error));
  return text.split('\n')[0] ?? text;
}

// The gRPC status codes that are handled differently here.
const grpcStatus = {
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  failedPrecondition: 9,
  aborted: 10,
  unavailable: 14,
};
