import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommandLine } from '../../src/cli/program.ts';
import { freshPlatform, type Platform, saveAccount, unreachable } from '../client/surroundings.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await freshPlatform({ temporalAddress: unreachable });
});
afterAll(() => platform.close());

test.each([
  ['Ctrl-C', '\u0003'],
  ['Ctrl-D', '\u0004'],
  ['no', 'no\r'],
])('%s instead of `yes` unlinks nothing, and says so', async (name, typed) => {
  const accountId = await saveAccount(platform.database, `answered-${name}`);
  let said = '';
  const terminal = () => Object.assign(new PassThrough().setEncoding('utf8'), { isTTY: true, columns: 80 });
  const stdin = Object.assign(terminal(), { setRawMode: () => undefined });
  const stderr = terminal().on('data', (text: string) => {
    said += text;
    if (text.includes('Type yes: ')) setImmediate(() => stdin.write(typed));
  });
  const surroundings = { stdin, stderr, stdout: new PassThrough(), env: { ...platform.env } };
  const status = await runCommandLine(
    ['unlink', accountId, '--owner', 'anna'],
    surroundings as unknown as NodeJS.Process,
  );
  expect(status).toBe(1);
  expect(said).toMatch(/\n\S*Error:\S* Nothing was changed\.\n/);
  expect(said).not.toContain('LOG_LEVEL');
  expect(await platform.client.forOwner('anna').find(accountId)).toMatchObject({ unlinkedAt: null });
});
