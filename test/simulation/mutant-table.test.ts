import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { mutantTable } from './mutant-table.ts';

test('docs/verification.md shows every deliberate bug under the rule that finds it', () => {
  const text = readFileSync(new URL('../../docs/verification.md', import.meta.url), 'utf8');
  expect(text, 'write it anew with `npm run simulate -- --bugs`').toContain(mutantTable());
});
