import { placeOf } from '../../client/database-failure.ts';
import { AccountStore } from '../../client/stored-accounts.ts';
import { fleetStreams, requireCurrentSchema, rolesHeld, serverVersion, tryStoring } from '../../database/index.ts';
import type { Stream } from '../../history/stream.ts';
import { type CheckResult, inTurn } from './check.ts';

/** Whether Postgres can be used, has this version's tables, and accepts writes. */
export async function databaseChecks(url: string, schema: string): Promise<readonly CheckResult[]> {
  const accounts = new AccountStore(url, schema);
  try {
    return await inTurn([
      { name: 'database', look: async () => `${placeOf(url)}, Postgres ${await accounts.askAsLogin(serverVersion)}` },
      {
        name: 'schema',
        look: async () => {
          await accounts.ask(requireCurrentSchema);
          return `${schema} is up to date`;
        },
      },
      {
        name: 'roles',
        look: async () =>
          `this login may act as ${(await accounts.askAsLogin(rolesHeld)).join(', ') || 'none of ours'}`,
      },
      { name: 'shown reach', look: () => shownReachText(accounts) },
      {
        name: 'space',
        look: async () =>
          (await accounts.askAsLogin(tryStoring))
            ? 'Postgres accepts writes and has space for them'
            : 'not checked: this role may not make a temporary table',
      },
    ]);
  } finally {
    await accounts.close();
  }
}

/** How far back BitMart was seen to serve each stream, and what it documents. It limits nothing that is requested. */
async function shownReachText(accounts: AccountStore): Promise<string> {
  const shown = new Map((await accounts.ask(fleetStreams)).map(({ stream, shownReachMs }) => [stream, shownReachMs]));
  const texts = accounts.streams.map((stream) => {
    const shownMs = shown.get(stream.name) ?? null;
    return `${stream.name} ${shownMs === null ? 'none yet' : `${days(shownMs)} days`} (${documentedText(stream)})`;
  });
  return `the greatest age of a record when it was served: ${texts.join(', ')}`;
}

function documentedText({ reachMs, reachIsDocumented }: Stream): string {
  return `documented: ${reachIsDocumented ? '' : 'at least '}${days(reachMs)}`;
}

function days(durationMs: number): number {
  return Math.floor(durationMs / 8_640_000) / 10;
}
