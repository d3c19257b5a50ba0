import { patched } from '@temporalio/workflow';

/**
 * Questions about the release that began a run. A run that began before a change continues as it began. When no such run is
 * left, the question can be deleted, with its histories in test/replay.
 */

/** 0.1.0 took the results of stream groups in the order of the groups, not in the order of their arrival. */
export function newestResultComesLast(): boolean {
  return patched('newest-result-last');
}

/** 0.1.0 did not record what expires of an account that is not read. */
export function notesExpiry(): boolean {
  return patched('note-expiry');
}

/** 0.1.0 did not show when the status began. */
export function showsStatusSince(): boolean {
  return patched('status-since');
}

/**
 * 0.2.0 ran pause, resume, unlink and merge concurrently with each other and with key checks. It also read a range of an
 * account that was paused while the range waited.
 */
export function commandsTakeTurns(): boolean {
  return patched('commands-take-turns');
}

/** 0.2.0 ended when a key no longer existed, although another one was in use. */
export function staysWhileLinked(): boolean {
  return patched('stays-while-linked');
}

/** 0.2.0 lost a request to sync that came during a sync. */
export function countsSyncRequests(): boolean {
  return patched('counts-sync-requests');
}

/** 0.2.0 also counted the waits between two syncs, so a run ended after six. */
export function countsOnlySyncs(): boolean {
  return patched('counts-only-syncs');
}

/** 0.2.0 showed the instants that move with every sync in steps of six hours, and passed nothing to the next run. */
export function showsWithNextRun(): boolean {
  return patched('shows-with-next-run');
}

/**
 * Earlier releases went by what the run remembered of a pause, also where a key was accepted and the database said something
 * else. Without turns a pause may have come during the check, which does not know of it.
 */
export function pauseIsAsStored(): boolean {
  return patched('pause-as-stored') && commandsTakeTurns();
}

/**
 * Earlier releases forgot a request to sync that came during the key check of an account that is not read. They also let a
 * refused key delay the check of a key that waited beside it, and counted its checks without an answer as refusals.
 */
export function checksKeyAgain(): boolean {
  return patched('checks-key-again');
}

/** 0.2.0 took the result of a worker that reads fewer streams for that of a worker that reads all of them. */
export function knowsEarlierReleases(): boolean {
  return patched('knows-earlier-releases');
}
