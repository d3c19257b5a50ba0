import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { documentOf, runCommandLine } from './run-command-line.ts';

describe('usage', () => {
  test('an unknown command is wrong usage', async () => {
    const ended = await runCommandLine(['frobnicate']);
    expect(ended.status).toBe(2);
    expect(ended.stdout).toBe('');
    expect(ended.stderr).toContain('frobnicate');
  });

  test('no command at all is wrong usage and shows what there is', async () => {
    const ended = await runCommandLine([]);
    expect(ended.status).toBe(2);
    expect(ended.stderr).toContain('link');
  });

  test('an unknown option is wrong usage, as one JSON document with --json', async () => {
    const ended = await runCommandLine(['list', '--owner', 'anna', '--colour', '--json']);
    expect(ended.status).toBe(2);
    expect(documentOf(ended)).toMatchObject({ error: { code: 'wrong-usage' } });
  });

  test('help is not a failure and goes to standard output', async () => {
    const ended = await runCommandLine(['--help']);
    expect(ended.status).toBe(0);
    for (const command of 'migrate keys link check list status coverage sync pause resume rotate unlink doctor sandbox'.split(
      ' ',
    )) {
      expect(ended.stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
    }
  });

  test('help with --json is still one JSON document', async () => {
    const ended = await runCommandLine(['--json', 'status', '--help']);
    expect(ended.status).toBe(0);
    expect(documentOf(ended)).toHaveProperty('help');
  });

  test('link --help says what to do at the exchange, and until when', async () => {
    const ended = await runCommandLine(['link', '--help']);
    expect(ended.stdout).toContain('Read Only');
    expect(ended.stdout).toContain('memo');
    expect(ended.stdout).toContain('2027-01-31');
  });

  test('a command about accounts without --owner is wrong usage', async () => {
    const ended = await runCommandLine(['list', '--json']);
    expect(ended.status).toBe(2);
    expect(JSON.stringify(documentOf(ended))).toContain('--owner');
  });

  test('a fleet command with `--all` and a filter is told that they exclude each other', async () => {
    const ended = await runCommandLine(['fleet', 'wake', '--all', '--status', 'live']);
    expect(ended.status).toBe(2);
    expect(ended.stderr).toContain('--all and a filter exclude each other');
    const unfiltered = await runCommandLine(['fleet', 'wake']);
    expect(unfiltered.stderr).toContain('No accounts are selected');
  });

  test('missing configuration is reported as one list of everything wrong', async () => {
    const ended = await runCommandLine(['--owner', 'anna', 'list'], { env: { SYNC_INTERVAL: 'soon' } });
    expect(ended.status).toBe(2);
    expect(ended.stdout).toBe('');
    expect(ended.stderr).toContain('DATABASE_URL');
    expect(ended.stderr).not.toMatch(/^\s+at /m);
  });
});

describe('keys generate', () => {
  test('writes a file that only its owner can read and prints the public half', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'keys-')), 'ring');
    const ended = await runCommandLine(['keys', 'generate', '--out', file, '--json']);
    expect(ended.status).toBe(0);
    const { publicKey } = documentOf(ended);
    expect(publicKey).toEqual(expect.any(String));
    expect(Object.keys(documentOf(ended))).toEqual(['publicKey']);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(ended.stdout + ended.stderr).not.toContain((await readFile(file, 'utf8')).trim());
  });

  test('never overwrites a file', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'keys-')), 'ring');
    await writeFile(file, 'precious');
    const ended = await runCommandLine(['keys', 'generate', '--out', file]);
    expect(ended.status).toBe(1);
    expect(ended.stderr).toContain('exists');
    expect(await readFile(file, 'utf8')).toBe('precious');
  });
});
