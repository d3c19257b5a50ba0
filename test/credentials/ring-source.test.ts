import { chmodSync, mkdtempSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ringFromCommand, ringFromFile, ringSourceOf } from '../../src/credentials/ring-source.ts';

const folder = mkdtempSync(join(tmpdir(), 'ring-source-'));

function fileWith(text: string, mode = 0o600): string {
  const file = join(folder, `${Math.random()}.json`);
  writeFileSync(file, text, { mode });
  chmodSync(file, mode);
  return file;
}

test.each([0o640, 0o604, 0o620, 0o660])(
  'a ring file with the mode %o is refused, with the command that fixes it',
  async (mode) => {
    const file = fileWith('canary', mode);
    await expect(ringFromFile(file).read()).rejects.toThrow(/Other users can read or change the file.*chmod 600/);
  },
);

test('a ring file that only its owner can read is read; one that is gone is named', async () => {
  for (const mode of [0o600, 0o400]) expect((await ringFromFile(fileWith('x', mode)).read()).reveal()).toBe('x');
  await expect(ringFromFile('/no/such/ring').read()).rejects.toThrow("can't be read (ENOENT)");
});

test('a ring file has another mark once it was written, replaced, touched or removed', () => {
  const file = fileWith('one');
  const source = ringFromFile(file);
  const marks = [source.mark()];
  writeFileSync(file, 'two and more');
  marks.push(source.mark());
  utimesSync(file, 1, 1);
  marks.push(source.mark(), ringFromFile('/no/such/ring').mark());
  expect(new Set(marks).size).toBe(4);
});

const node = JSON.stringify(process.execPath);

test('a command prints the ring; its arguments may hold blanks when they are a JSON array', async () => {
  expect((await ringFromCommand('echo the ring').read()).reveal()).toBe('the ring\n');
  const source = ringFromCommand(`[${node}, "-p", "'a ' + 'ring'"]`);
  expect((await source.read()).reveal()).toBe('a ring\n');
  // No shell: nothing is expanded, and nothing is another command.
  expect((await ringFromCommand('echo $HOME;whoami').read()).reveal()).toBe('$HOME;whoami\n');
});

test.each([
  ['no such program', '/no/such/program', 'did not run (ENOENT)'],
  ['a failure', `[${node}, "-e", "console.error('canary'); process.exit(3)"]`, 'ended with status 3'],
  ['far too much', `[${node}, "-e", "process.stdout.write('canary'.repeat(1e6))"]`, 'printed more than'],
])('a command with %s is refused, and nothing that it said is shown', async (_, command, reason) => {
  const error = (await ringFromCommand(command)
    .read()
    .catch((thrown: unknown) => thrown)) as Error;
  expect(error.message).toContain(reason);
  expect(`${error.stack}${JSON.stringify(error)}`).not.toContain('canary\n');
  expect(error.cause).toBeUndefined();
});

test('a command that is not a list of texts is refused, and so are a file and a command at once', () => {
  for (const text of ['[1]', '["a"', '[]', ' ']) expect(() => ringFromCommand(text)).toThrow('CREDENTIALS_KEY_COMMAND');
  expect(() => ringSourceOf({ CREDENTIALS_KEY_FILE: 'a', CREDENTIALS_KEY_COMMAND: 'b' })).toThrow('keep one');
  expect(ringSourceOf({})).toBeNull();
});
