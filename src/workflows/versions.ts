import { patched } from '@temporalio/workflow';

/**
 * Questions about the release that began a run. A run that began before a change goes on as it began; a question goes when no
 * such run is left, with its histories in test/replay.
 */

/** 0.1.0 took the results of stream groups in the order of the groups, not in the order of their arrival. */
export function newestResultComesLast(): boolean {
  return patched('newest-result-last');
}

/** 0.1.0 did not look what expires of an account that is not read. */
export function notesExpiry(): boolean {
  return patched('note-expiry');
}

/** 0.1.0 did not show since when the status holds. */
export function showsStatusSince(): boolean {
  return patched('status-since');
}

/**
 * 0.2.0 carried out pause, resume, unlink and merge beside each other and beside key checks, and read a range of an account
 * that was paused while the range waited.
 */
export function commandsTakeTurns(): boolean {
  return patched('commands-take-turns');
}

/** 0.2.0 ended when a key was not there any more, although another one was in use. */
export function staysWhileLinked(): boolean {
  return patched('stays-while-linked');
}

/** 0.2.0 forgot a request to sync that came while a sync was under way. */
export function countsSyncRequests(): boolean {
  return patched('counts-sync-requests');
}

/** 0.2.0 counted the waits between two syncs as well, so that a run ended after six. */
export function countsOnlySyncs(): boolean {
  return patched('counts-only-syncs');
}

/** 0.2.0 showed in steps of six hours what moves on with every sync, and gave the next run nothing. */
export function showsWithNextRun(): boolean {
  return patched('shows-with-next-run');
}
