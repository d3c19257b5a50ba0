import {
  type Database,
  isKeyOfLinkSession,
  linkSubmission,
  noteKeyCheckStep,
  refuseSubmission,
  type StoredKey,
} from '../database/index.ts';
import { problemName } from '../history/failure.ts';
import type { KeyCheckStep } from '../history/ports.ts';
import type { KeyCheckResult } from './contract.ts';

/** Runs a check whose steps are stored as they happen, for the connection page that shows them. */
export async function whileWatched<Result>(
  database: Database,
  { keyId, state }: StoredKey,
  check: (onStep: (step: KeyCheckStep) => void) => Promise<Result>,
): Promise<Result> {
  if (state !== 'candidate' || !(await isKeyOfLinkSession(database, keyId))) return check(() => undefined);
  // Written in order; a line that can't be written does not end the check.
  let written = Promise.resolve();
  const onStep = (step: KeyCheckStep) => {
    written = written.then(() => noteKeyCheckStep(database, keyId, step)).catch(() => undefined);
  };
  try {
    return await check(onStep);
  } finally {
    await written;
  }
}

/**
 * Ends the session that the key was submitted in, or reopens it for another try. The page waits for the same answer, but it may
 * have given up, and a key that could not be checked at first is decided while no page is open.
 */
export async function tellLinkSession(database: Database, keyId: string, result: KeyCheckResult): Promise<void> {
  const { outcome, alreadyLinked, readOnly, keyExpiresAt, accountId } = result;
  if (outcome !== 'accepted' && outcome !== 'refused') return;
  const answer = { outcome, alreadyLinked, readOnly, keyExpiresAt, problems: result.problems.map(problemName) };
  if (outcome === 'accepted') await linkSubmission(database, keyId, answer, accountId);
  else await refuseSubmission(database, keyId, answer);
}
