import { createHash, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  beginSubmission,
  exitLinkSession,
  expireLinkSessions,
  findLinkSessionOfOwner,
  linkSubmission,
  markDelivered,
  nextUndelivered,
  noteKeyCheckStep,
  ownerOfLinkSession,
  readEvents,
  refuseSubmission,
  reopenLostSubmissions,
  saveCandidate,
  saveLinkSession,
  subjectsWithUndelivered,
} from '../../src/database/index.ts';
import { lockOwner } from '../../src/database/quotas.ts';
import { kyselyOn } from '../../src/database/transaction.ts';
import { migratedDatabase, type TestDatabase, whileHeld } from './support.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(() => database.close());

const limits = { perSession: 3, perOwnerAndHour: 100, unprovenKeysPerHour: 30 };
const key = { fingerprint: 'fingerprint', slips: [] };
const accepted = {
  outcome: 'accepted',
  alreadyLinked: false,
  readOnly: true,
  keyExpiresAt: null,
  problems: [],
} as const;
const refused = { ...accepted, outcome: 'refused', readOnly: null, problems: [{ code: 'wrong-key' }] } as const;

async function aSession({ ownerId = randomUUID() as string, lifetimeMs = 60_000, maxOpen = 100 } = {}) {
  const sessionId = randomUUID();
  const tokenHash = createHash('sha256').update(sessionId).digest();
  const names = { label: null, returnUrl: null, origin: null, language: null, replaces: null };
  const saved = await saveLinkSession(database, { sessionId, ownerId, tokenHash, lifetimeMs, ...names }, maxOpen);
  return { sessionId, ownerId, tokenHash, saved };
}

async function findLinkSession(database: TestDatabase, tokenHash: Buffer) {
  const found = await ownerOfLinkSession(database, tokenHash);
  return found && findLinkSessionOfOwner(database, found.ownerId, found.sessionId);
}

const events = (ownerId: string, after = new Map<string, number>()) =>
  readEvents(database, { ownerId, accountId: null, after, limit: 100 });

describe('a session', () => {
  test('is found by its hash and by its owner only', async () => {
    const { sessionId, ownerId, tokenHash } = await aSession();
    expect(await findLinkSession(database, tokenHash)).toMatchObject({ sessionId, state: 'open', attempts: 0 });
    expect(await findLinkSession(database, Buffer.alloc(32))).toBeNull();
    expect(await findLinkSessionOfOwner(database, 'another', sessionId)).toBeNull();
    expect(await findLinkSessionOfOwner(database, ownerId, sessionId)).toMatchObject({ sessionId });
  });

  test('takes one of two keys that come at once, and notes the steps of that key alone', async () => {
    const session = await aSession();
    const begun = await Promise.all(
      ['first', 'second'].map((name) =>
        beginSubmission(database, session, { keyId: `${name} ${session.sessionId}`, ...key }, limits),
      ),
    );
    expect(begun.filter(Boolean)).toHaveLength(1);
    for (const name of ['first', 'second']) {
      await noteKeyCheckStep(database, `${name} ${session.sessionId}`, { step: 'clock', verdict: 'passed' });
    }
    const { checks, attempts } = (await findLinkSession(database, session.tokenHash)) ?? {};
    expect({ checks, attempts }).toEqual({ checks: [{ step: 'clock', verdict: 'passed' }], attempts: 1 });
  });

  test('is refused, tried again within its limit, and ends once, whatever ends it', async () => {
    const session = await aSession();
    const keyId = (attempt: number) => `${attempt} ${session.sessionId}`;
    const begin = (attempt: number) => beginSubmission(database, session, { keyId: keyId(attempt), ...key }, limits);
    expect(await begin(1)).toBe(true);
    await refuseSubmission(database, keyId(1), refused);
    expect(await findLinkSession(database, session.tokenHash)).toMatchObject({ state: 'refused', answer: refused });
    expect(await begin(2)).toBe(true);
    // An answer about the key before it changes nothing.
    await linkSubmission(database, keyId(1), accepted, 'wrong account');
    await Promise.all([1, 2].map(() => linkSubmission(database, keyId(2), accepted, 'account')));
    await refuseSubmission(database, keyId(2), refused);
    await exitLinkSession(database, session.sessionId);
    expect(await findLinkSession(database, session.tokenHash)).toMatchObject({ state: 'linked', accountId: 'account' });
    expect(await begin(3)).toBe(false);
    const { sessionId } = session;
    expect((await events(session.ownerId)).map(({ kind, details }) => ({ kind, details }))).toEqual([
      { kind: 'link-session-ended', details: { sessionId, outcome: 'linked', accountId: 'account' } },
    ]);
  });

  test('that its user leaves while its key is refused waits for its turn among the outcomes of its owner', async () => {
    const session = await aSession();
    const keyId = `left ${session.sessionId}`;
    await beginSubmission(database, session, { keyId, ...key }, limits);
    const turn = `select pg_advisory_xact_lock(hashtextextended('link_session ' || $1, 0))`;
    await whileHeld(
      database,
      (holder) => holder.query(turn, [session.ownerId]),
      () => exitLinkSession(database, session.sessionId),
      () => refuseSubmission(database, keyId, refused),
    );
    expect(await findLinkSession(database, session.tokenHash)).toMatchObject({ state: 'exited' });
  });

  test('that was tried too often takes no more', async () => {
    const session = await aSession();
    for (let attempt = 1; attempt <= limits.perSession; attempt++) {
      expect(
        await beginSubmission(database, session, { keyId: `${session.sessionId}${attempt}`, ...key }, limits),
      ).toBe(true);
      await refuseSubmission(database, `${session.sessionId}${attempt}`, refused);
    }
    expect(await beginSubmission(database, session, { keyId: 'more', ...key }, limits)).toBe(false);
    const another = await aSession({ ownerId: session.ownerId });
    expect(await beginSubmission(database, another, { keyId: 'more', ...key }, { ...limits, perOwnerAndHour: 3 })).toBe(
      false,
    );
  });

  test('whose server died before the key was stored is opened again after a minute; one whose key is stored waits', async () => {
    const [lost, stored] = [await aSession(), await aSession()];
    for (const session of [lost, stored]) {
      await beginSubmission(database, session, { keyId: session.sessionId, ...key }, limits);
    }
    await saveCandidate(database, {
      accountId: stored.sessionId,
      ownerId: stored.ownerId,
      keyId: stored.sessionId,
      fingerprint: stored.sessionId,
      sealed: 'sealed',
    });
    const states = async () =>
      Promise.all([lost, stored].map(async ({ tokenHash }) => (await findLinkSession(database, tokenHash))?.state));
    await reopenLostSubmissions(database, refused);
    expect(await states()).toEqual(['checking', 'checking']);
    await database.pool.query(`update link_session set submitted_at = now() - interval '61 seconds'`);
    await reopenLostSubmissions(database, refused);
    expect(await states()).toEqual(['refused', 'checking']);
  });

  test('expires once; one whose key is being checked a little later', async () => {
    const idle = await aSession({ lifetimeMs: 0 });
    const busy = await aSession({ lifetimeMs: 2_000 });
    await beginSubmission(database, busy, { keyId: busy.sessionId, ...key }, limits);
    await database.pool.query('update link_session set expires_at = now() where session_id = $1', [busy.sessionId]);
    expect(await findLinkSession(database, idle.tokenHash)).toMatchObject({ state: 'expired', endedAt: null });
    expect(await expireLinkSessions(database)).toBe(1);
    expect(await expireLinkSessions(database)).toBe(0);
    expect(await events(idle.ownerId)).toMatchObject([{ details: { outcome: 'expired', accountId: null } }]);
    await linkSubmission(database, busy.sessionId, accepted, 'account');
    expect(await events(busy.ownerId)).toMatchObject([{ details: { outcome: 'linked' } }]);
  });
});

test('an owner has so many open sessions at most', async () => {
  const ownerId = randomUUID();
  expect((await aSession({ ownerId, maxOpen: 1 })).saved).not.toBeNull();
  expect((await aSession({ ownerId, maxOpen: 1 })).saved).toBeNull();
});

test('of two at once that are one too many, the second waits for the first, and is refused', async () => {
  const { sessionId, ownerId } = await aSession();
  const held = (holder: pg.PoolClient) => lockOwner(kyselyOn(holder), ownerId);
  const another = await whileHeld(
    database,
    held,
    () => aSession({ ownerId, maxOpen: 2 }),
    (holder) =>
      holder.query(
        `insert into link_session (session_id, token_hash, owner_id, expires_at) values ($1, '', $1, now() + interval '1 minute')`,
        [ownerId],
      ),
  );
  expect(another.saved).toBeNull();
  const begun = await whileHeld(
    database,
    held,
    () => beginSubmission(database, { sessionId, ownerId }, { keyId: 'k', ...key }, { ...limits, perOwnerAndHour: 1 }),
    (holder) =>
      holder.query('update link_session set attempts = 1, submitted_at = now() where session_id = $1', [ownerId]),
  );
  expect(begun).toBe(false);
});

test('outcomes of an owner are read in their order and from where one stood, and are handed to the webhook once', async () => {
  const ownerId = randomUUID();
  const sessions = [await aSession({ ownerId }), await aSession({ ownerId })];
  for (const { sessionId } of sessions) await exitLinkSession(database, sessionId);
  const [first, second] = await events(ownerId);
  expect([first, second].map((event) => event?.details.sessionId)).toEqual(sessions.map(({ sessionId }) => sessionId));
  expect(await events(ownerId, new Map([[first?.life as string, first?.eventId as number]]))).toEqual([second]);
  const subject = `link-session/${sessions[0]?.sessionId}`;
  const waiting = async () =>
    (await subjectsWithUndelivered(database, { except: [], limit: 100 })).map((one) => one.subject);
  expect(await waiting()).toContain(subject);
  const event = await nextUndelivered(database, subject);
  expect(event).toMatchObject({ ownerId, accountId: null, kind: 'link-session-ended' });
  await markDelivered(database, event as NonNullable<typeof event>);
  expect(await nextUndelivered(database, subject)).toBeNull();
  expect(await waiting()).not.toContain(subject);
});

test('an outcome is no longer posted once it is seven days old', async () => {
  const ownerId = randomUUID();
  const { sessionId } = await aSession({ ownerId });
  await exitLinkSession(database, sessionId);
  const subject = `link-session/${sessionId}`;
  const age = (days: number) =>
    sql`update link_session set ended_at = now() - make_interval(days => ${days}) where session_id = ${sessionId}`.execute(
      database.kysely,
    );
  await age(6);
  expect(await nextUndelivered(database, subject)).not.toBeNull();
  await age(7);
  expect(await nextUndelivered(database, subject)).toBeNull();
});
