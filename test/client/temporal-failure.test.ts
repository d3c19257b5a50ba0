import { WorkflowNotFoundError } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import { isOvertaken, temporalFailure } from '../../src/client/temporal-failure.ts';

/** As the SDK passes on what Temporal answered. */
function grpcError(code: number, text: string): Error {
  return Object.assign(new Error(`${code} STATUS: ${text}`), { code, details: text, metadata: {} });
}

const taskFailed = grpcError(9, 'Unable to perform workflow execution update due to Workflow Task in failed state.');
const server = { address: 'temporal:7233', namespace: 'default' };

describe('a command to an account', () => {
  test('is retried where the last workflow task failed, because another worker may take the next one', () => {
    expect(isOvertaken(taskFailed)).toBe(true);
    expect(isOvertaken(new WorkflowNotFoundError('gone', 'id', undefined))).toBe(true);
  });

  test('is not retried where the namespace is missing or Temporal is away', () => {
    expect(isOvertaken(grpcError(5, 'Namespace other is not found.'))).toBe(false);
    expect(isOvertaken(grpcError(14, 'connection refused'))).toBe(false);
  });

  test('that is out of time because tasks fail has timed out', () => {
    expect(temporalFailure(server, taskFailed)).toMatchObject({ name: 'ClientError', code: 'timed-out' });
  });
});
