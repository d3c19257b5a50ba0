import { expect, test } from 'vitest';
import { refusalByPolicy } from '../../src/activities/key-check-result.ts';
import type { LinkSessionAnswer } from '../../src/database/index.ts';
import { sessionPage } from '../../src/link-page/pages/session-page.ts';
import { describeProblem, userWords } from '../../src/problems/describe-problem.ts';
import { textsIn } from '../../src/texts/index.ts';
import { aPage } from './pages.ts';

async function shownAfter(answer: Pick<LinkSessionAnswer, 'outcome' | 'problems'>) {
  const nothingElse = { alreadyLinked: false, readOnly: null, keyExpiresAt: null };
  const page = aPage({ state: 'refused', attempts: 1, answer: { ...nothingElse, ...answer } });
  const { heading, body } = sessionPage(page);
  return { heading, body: String(await body) };
}

test('a key that was lost before it was checked is not called refused, and nothing is to be corrected', async () => {
  const { heading, body } = await shownAfter({ outcome: 'undecided', problems: [{ code: 'timed-out' }] });
  expect(heading).toBe('The key could not be checked');
  expect(body).toContain('<p class="lead">Nothing was stored. Send it again.</p>');
  expect(body).toContain('That is our fault, not your key’s.');
  expect(body).not.toContain('Correct it');
  expect(body).not.toContain('aria-invalid');
});

test('a key that BitMart refused is called refused, and is to be corrected', async () => {
  const { heading, body } = await shownAfter({ outcome: 'refused', problems: [{ code: 'wrong-key' }] });
  expect(heading).toBe('The key was not accepted');
  expect(body).toContain('<p class="lead">Nothing was stored. Correct it below and try again.</p>');
});

test('a key that may trade is to be replaced at once where it was refused for that, and otherwise some day', async () => {
  const problems = [{ code: 'key-can-trade' }] as const;
  expect((await shownAfter({ outcome: 'refused', problems })).body).toContain('Make a key with the permission');
  const { remedy } = userWords({ code: 'key-can-trade' }, textsIn.en);
  expect(remedy).toContain('Replace this one when you can.');
  const [refused] = refusalByPolicy([describeProblem({ code: 'key-can-trade' })], 'read-only') ?? [];
  expect(refused?.remedy).toBe('Make a key with the permission "Read Only" alone and use that one.');
});
