import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repository } from '../compose/compose-file.ts';

/** The same command as `npm run fuzz`: 20,000 answers in two slices, other ones every day: as many as fit into half a minute. */
const slices = [1, 2] as const;
const answersPerSlice = 10_000;

test.each(slices)(
  'slice %i of hostile answers stops nothing, stores no wrong row and proves nothing',
  async (slice) => {
    const seed = Math.floor(Date.now() / 86_400_000) * slices.length + slice;
    const fuzz = ['--max-old-space-size=192', '--max-semi-space-size=8', join(repository, 'test/outside/fuzz/run.ts')];
    const run = spawn(process.execPath, [...fuzz, '--answers', `${answersPerSlice}`, '--seed', `${seed}`]);
    let text = '';
    for (const output of [run.stdout, run.stderr]) {
      output.on('data', (piece) => {
        text += piece;
      });
    }
    const [status] = await once(run, 'close');
    expect(text).toMatch(/nothing found in \d+ answers/);
    expect(status, text).toBe(0);
  },
);
