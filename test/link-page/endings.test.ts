import { describe, expect, test } from 'vitest';
import { answerProblem } from '../../src/answers/problem.ts';
import type { Status, StreamCoverage } from '../../src/client/index.ts';
import type { StoredLinkSession } from '../../src/database/index.ts';
import type { SessionPage } from '../../src/link-page/pages/page.ts';
import { sessionPage } from '../../src/link-page/pages/session-page.ts';
import { describeProblem } from '../../src/problems/describe-problem.ts';
import { textsIn } from '../../src/texts/index.ts';
import { aPage } from './pages.ts';

async function bodyOf(page: SessionPage): Promise<string> {
  return String(await sessionPage(page).body);
}

describe('a session that has expired', () => {
  const answer = (outcome: 'refused' | 'undecided') =>
    ({ outcome, alreadyLinked: false, readOnly: null, keyExpiresAt: null, problems: [] }) as const;
  const bodyAfter = (session: Partial<StoredLinkSession>) => bodyOf(aPage({ state: 'expired', ...session }));

  test('without a key, or with a refused one, has stored nothing', async () => {
    for (const session of [{}, { attempts: 2, answer: answer('refused') }]) {
      expect(await bodyAfter(session)).toContain('Nothing was stored. Go back to Taxbird and start again');
    }
  });

  test('while a key was checked says that the key may be stored', async () => {
    for (const session of [{ attempts: 1 }, { attempts: 1, answer: answer('undecided') }]) {
      const body = await bodyAfter(session);
      expect(body).toContain('If the key that you sent was stored, it is checked as soon as possible');
      expect(body).not.toContain('Nothing was');
    }
  });
});

describe('the history of a linked account', () => {
  const problems = [
    answerProblem(describeProblem({ code: 'key-expires-soon' })),
    answerProblem(describeProblem({ code: 'key-frozen' })),
    answerProblem(describeProblem({ code: 'no-permission', stream: 'deposits' })),
  ];
  const half = { from: '2026-08-01T00:00:00.000Z', through: '2026-08-15T00:00:00.000Z', lastReadAt: null };
  const unread = { from: half.through, to: '2026-09-01T00:00:00.000Z', reason: 'not-yet-read' } as const;
  const linked = (status: Pick<Status, 'status'> & Partial<Status>, stream: Partial<StreamCoverage> = {}) => {
    const spot = { stream: 'spot-trades', rows: 1, servedBack: null, gaps: [], ...half, ...stream } as StreamCoverage;
    const known = { problems: [], streams: [spot], ...status } as Partial<Status> as Status;
    return aPage({ state: 'linked' }, { status: known });
  };
  const { history, leads, problems: inKorean } = textsIn.ko;

  test.each([
    ['checking', 'reading'],
    ['backfilling', 'reading'],
    ['live', 'read'],
    ['closed', 'stopped'],
    ['needs-attention', 'stopped'],
    ['paused', 'stopped'],
    ['unlinked', 'stopped'],
  ] as const)('with the status %s says that it is %s', async (status, text) => {
    const body = await bodyOf({ ...linked({ status }), texts: textsIn.ko });
    for (const each of ['reading', 'read', 'stopped'] as const) {
      expect(body.includes(history[each]), each).toBe(each === text);
    }
    expect(body.includes(leads.closePage)).toBe(text !== 'stopped');
  });

  test('names the day on which BitMart closes, until then', async () => {
    const page = linked({ status: 'live' });
    const ends = (platformEndsAt: Date) => bodyOf({ ...page, platformEndsAt });
    expect(await ends(new Date(page.nowMs + 86_400_000))).toContain('Export before then.');
    expect(await ends(new Date(page.nowMs))).not.toContain('Export before then.');
  });

  test('that is no longer read names the problem of the account, in the language of the page', async () => {
    const body = await bodyOf({ ...linked({ status: 'needs-attention', problems }), texts: textsIn.ko });
    expect(body).toContain(inKorean['key-frozen'].message);
    expect(body).toContain(inKorean['key-frozen'].remedy);
    expect([...body.matchAll(/data-problem="([\w-]+)"/g)].map(([, code]) => code)).toEqual(['key-frozen']);
    expect(await bodyOf(linked({ status: 'live', problems }))).not.toContain('data-problem');
  });

  test('with unread time is not called complete once reading has stopped', async () => {
    const missing = async (...of: Parameters<typeof linked>) =>
      (await bodyOf(linked(...of))).match(/Out of reach">\s*([^<]*?)\s*<\/td>/)?.[1];
    const gaps = [unread];
    expect(await missing({ status: 'paused' }, { gaps })).toBe('Not read yet');
    expect(await missing({ status: 'paused' })).toBe('Nothing known to be missing');
    expect(await missing({ status: 'live' }, { gaps, through: null })).toBe('Not read yet');
    // The next sync reads the time since the last one.
    expect(await missing({ status: 'live' }, { gaps })).toBe('Nothing known to be missing');
  });

  test('of which a stretch in the middle has expired unread does not say that all before it is gone', async () => {
    const gaps = [
      { from: '2017-11-15T00:00:00.000Z', to: '2025-03-03T00:00:00.000Z', reason: 'expired-before-link' },
      { from: '2026-02-01T00:00:00.000Z', to: '2026-02-28T00:00:00.000Z', reason: 'expired-unread' },
    ] as const;
    const body = await bodyOf(linked({ status: 'live' }, { servedBack: '2025-03-03T00:00:00.000Z', gaps }));
    expect(body).toContain('Back to Mar 3, 2025');
    expect(body).toContain('Before Mar 3, 2025: BitMart no longer serves it.');
    expect(body).toContain('Some time before Feb 28, 2026 was not fully read while BitMart served it.');
    expect(body).not.toContain('Before Feb 28, 2026');
    expect(body.match(/older records/g)).toHaveLength(1);
  });
});
