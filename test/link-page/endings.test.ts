import { describe, expect, test } from 'vitest';
import type { StoredLinkSession } from '../../src/database/index.ts';
import type { SessionPage } from '../../src/link-page/pages/page.ts';
import { sessionPage } from '../../src/link-page/pages/session-page.ts';
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
