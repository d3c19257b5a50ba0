import { allHandlersFinished, condition, setHandler } from '@temporalio/workflow';
import {
  type LinkAnswer,
  type LinkedAccountInput,
  linkUpdate,
  pauseUpdate,
  resumeUpdate,
  syncNowSignal,
  unlinkUpdate,
} from '../../src/workflows/messages.ts';

/** Answers as a linked account's workflow does, without looking at anything: the key's id says what is answered. */
export async function linkedAccount(input: LinkedAccountInput): Promise<void> {
  let done = false;
  setHandler(linkUpdate, (request): LinkAnswer => {
    const isRefused = request.purpose === 'check';
    done = isRefused;
    return {
      accountId: input.accountId,
      outcome: isRefused ? 'refused' : 'accepted',
      status: isRefused ? 'unlinked' : 'backfilling',
      alreadyLinked: request.purpose === 'rotate',
      readOnly: isRefused ? null : true,
      permissions: isRefused ? [] : ['read_only'],
      keyExpiresAt: null,
      problems: isRefused
        ? [{ code: 'wrong-secret-or-memo', message: 'The signature is not accepted.', remedy: 'Compare the memo.' }]
        : [],
    };
  });
  setHandler(pauseUpdate, () => undefined);
  setHandler(resumeUpdate, () => undefined);
  setHandler(syncNowSignal, () => undefined);
  setHandler(unlinkUpdate, () => {
    done = true;
  });
  await condition(() => done);
  await condition(allHandlersFinished);
}
