import { PassThrough } from 'node:stream';
import { WriteStream } from 'node:tty';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { streams } from '../../src/bitmart/streams/index.ts';
import { runCommandLine } from '../../src/cli/program.ts';

// Whether a terminal shows colours is asked of the whole environment (`CI` and `TMUX` count as well), so the
// tests bring one of their own.
const surrounding = process.env;
beforeEach(() => {
  process.env = { TERM: 'xterm-256color' };
});
afterEach(() => {
  process.env = surrounding;
});

/** One run in this process, on streams that are a terminal or not. */
async function run(args: readonly string[], options: { readonly terminal?: boolean } = {}) {
  const said = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') =>
    Object.assign(new PassThrough().setEncoding('utf8'), {
      isTTY: options.terminal ?? false,
      columns: 80,
      // The real one looks at the environment.
      getColorDepth: WriteStream.prototype.getColorDepth,
    }).on('data', (text: string) => {
      said[name] += text;
    });
  const surroundings = { stdout: stream('stdout'), stderr: stream('stderr'), stdin: new PassThrough(), env: {} };
  const status = await runCommandLine(args, surroundings as unknown as NodeJS.Process);
  return { status, ...said };
}

describe('help', () => {
  test('of every command ends with examples that call it', async () => {
    const { stdout } = await run(['--help']);
    const commands = [...stdout.matchAll(/^ {2}([a-z][a-z-]*)(?= )/gm)].map(([, name]) => name as string);
    const ours = commands.filter((name) => !['sandbox', 'bitmart-sync'].includes(name));
    expect(ours.length).toBeGreaterThanOrEqual(14);
    for (const name of ours) {
      const help = await run([name, '--help']);
      expect(help, name).toMatchObject({ status: 0, stderr: '' });
      const [, shown] = help.stdout.split('\nExamples:\n');
      expect(shown, name).toMatch(new RegExp(`^ {2}# .+\\n {2}bitmart-sync .*\\b${name}\\b`));
    }
  });
});

test('help of linking says of every stream how far back it is read, and help of exporting names them all', async () => {
  const linking = (await run(['link', '--help'])).stdout;
  const exporting = (await run(['export', '--help'])).stdout;
  for (const { name, reachIsDocumented } of streams) {
    const reach = reachIsDocumented ? 'The past 3 months' : 'As far back as BitMart still serves them';
    expect(linking).toContain(`${name}: ${reach}`);
    expect(exporting.replace(/\s+/g, ' ')).toContain(name);
  }
});

describe('colours', () => {
  const colour = '\u001b[';
  test('are shown on a terminal', async () => {
    expect((await run(['--help'], { terminal: true })).stdout).toContain(colour);
    expect((await run(['list'], { terminal: true })).stderr).toContain(colour);
  });

  test.each(['1', 'true'])('are not shown on a terminal with NO_COLOR=%s', async (value) => {
    process.env.NO_COLOR = value;
    const { stdout } = await run(['--help'], { terminal: true });
    expect(stdout).toContain('Examples:');
    expect(stdout).not.toContain(colour);
  });

  test('are not shown elsewhere', async () => {
    const { stdout } = await run(['--help']);
    expect(stdout).not.toContain(colour);
    expect((await run(['list'])).stderr).not.toContain(colour);
    expect((await run([])).stderr).not.toContain(colour);
  });

  test('are shown elsewhere with FORCE_COLOR, but never within JSON', async () => {
    process.env.FORCE_COLOR = '1';
    expect((await run(['--help'])).stdout).toContain(colour);
    expect((await run(['--help', '--json'])).stdout).not.toContain('u001b');
  });
});
