import { randomUUID } from 'node:crypto';
import { type NewCandidate, saveCandidate } from '../../src/database/index.ts';
import * as support from '../database/support.ts';

export interface TestDatabase extends support.TestDatabase {
  saveCandidate(candidate: NewCandidate): Promise<unknown>;
}

export async function migratedDatabase(): Promise<TestDatabase> {
  const database = await support.migratedDatabase();
  return { ...database, saveCandidate: (candidate) => saveCandidate(database, candidate) };
}

export function candidate(given: Partial<NewCandidate>): NewCandidate {
  const accountId = randomUUID();
  return { accountId, ownerId: 'owner', keyId: randomUUID(), fingerprint: accountId, sealed: 'sealed', ...given };
}
