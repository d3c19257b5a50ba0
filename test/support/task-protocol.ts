import { ApplicationFailure, defaultFailureConverter, defaultPayloadConverter, type Payload } from '@temporalio/common';
import type { msToTs } from '@temporalio/common/lib/time.js';

/** The parts of a workflow task that we look at, as the SDK's core exchanges them with the sandbox. */
export type Job = Readonly<Record<string, unknown>>;
export type Command = Readonly<Record<string, never>> & {
  readonly startTimer?: { readonly seq: number; readonly startToFireTimeout: Span };
  readonly cancelTimer?: { readonly seq: number };
  readonly scheduleActivity?: {
    readonly seq: number;
    readonly activityType: string;
    readonly arguments: readonly Payload[];
    readonly taskQueue?: string;
  };
  readonly requestCancelActivity?: { readonly seq: number };
  readonly upsertWorkflowSearchAttributes?: { readonly searchAttributes: { readonly indexedFields: Fields } };
  readonly setPatchMarker?: { readonly patchId: string };
  readonly updateResponse?: {
    readonly protocolInstanceId: string;
    readonly accepted?: unknown;
    readonly rejected?: never;
    readonly completed?: Payload;
  };
  readonly continueAsNewWorkflowExecution?: {
    readonly arguments: readonly Payload[];
    readonly searchAttributes?: { readonly indexedFields: Fields } | null;
  };
  readonly completeWorkflowExecution?: unknown;
  readonly failWorkflowExecution?: { readonly failure: never };
};
export type Fields = Record<string, Payload>;
type Span = ReturnType<typeof msToTs>;

export function isClosing(command: Command): boolean {
  return Boolean(command.continueAsNewWorkflowExecution || command.completeWorkflowExecution);
}

/** What a replay compares: kinds and numbers of commands. A rejection leaves no event. */
export function shapeOf(commands: readonly Command[]): readonly string[] {
  return commands
    .filter(({ updateResponse }) => !updateResponse?.rejected)
    .map((command) => {
      const [kind] = Object.keys(command).filter((key) => key !== 'userMetadata' && key !== 'eventGroupMarkers');
      const { seq = '', activityType = '' } = (command[kind ?? ''] ?? {}) as { seq?: number; activityType?: string };
      return `${kind} ${seq} ${activityType}`;
    });
}

export function resultOf(activityType: string, finish: () => unknown): object {
  try {
    const result = finish();
    return { completed: { result: result === undefined ? undefined : encoded(result) } };
  } catch (error) {
    const cause = defaultFailureConverter.errorToFailure(
      ApplicationFailure.nonRetryable((error as Error).message),
      defaultPayloadConverter,
    );
    const activityFailureInfo = { activityType: { name: activityType }, activityId: '1' };
    return { failed: { failure: { message: 'activity failed', activityFailureInfo, cause } } };
  }
}

export const cancelled = {
  message: 'activity cancelled',
  activityFailureInfo: { activityType: { name: 'any' }, activityId: '1' },
  cause: { message: 'cancelled', canceledFailureInfo: {} },
};

export function encoded(value: unknown): Payload {
  return defaultPayloadConverter.toPayload(value) as Payload;
}

export function decoded(payload: Payload | undefined): unknown {
  return payload === undefined ? undefined : defaultPayloadConverter.fromPayload(payload);
}

export function failureOf(failure: never): Error {
  return defaultFailureConverter.failureToError(failure, defaultPayloadConverter);
}
