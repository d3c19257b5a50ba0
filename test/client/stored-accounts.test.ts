import { afterAll, expect, test } from 'vitest';
import { AccountStore } from '../../src/client/stored-accounts.ts';

const store = new AccountStore('postgres://localhost/nowhere', 'public');
afterAll(() => store.close());

/** A question that fails so often with an error of this SQLSTATE, and then answers how often it was asked. */
function failing(code: string, failures: number): () => Promise<number> {
  let asked = 0;
  return async () => {
    asked += 1;
    if (asked <= failures) throw Object.assign(new Error('refused'), { code });
    return asked;
  };
}

test('a transaction that Postgres ended because of another one is retried a limited number of times', async () => {
  for (const code of ['40P01', '40001']) {
    expect(await store.asked(failing(code, 2))).toBe(3);
    await expect(store.asked(failing(code, 3))).rejects.toThrow('Two transactions conflicted');
  }
});

test('no other failure is asked again', async () => {
  for (const code of ['23505', '57P01', '53300']) await expect(store.asked(failing(code, 1))).rejects.toThrow();
});
