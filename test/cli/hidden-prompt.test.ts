import { PassThrough } from 'node:stream';
import type { ReadStream } from 'node:tty';
import { expect, test } from 'vitest';
import { hiddenAnswers } from '../../src/cli/hidden-prompt.ts';

function terminal(...typed: string[]) {
  const rawModes: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), {
    setRawMode: (raw: boolean) => rawModes.push(raw),
  }) as unknown as ReadStream;
  for (const text of typed) (stdin as unknown as PassThrough).write(text);
  const shown: string[] = [];
  const stderr = new PassThrough().setEncoding('utf8').on('data', (text) => shown.push(text));
  return { stdin, stderr, rawModes, shown };
}

test('several answers pasted at once are taken in their order, and none is shown', async () => {
  const { stdin, stderr, rawModes, shown } = terminal('one\r\ntwo\r\nthr', 'ee\r');
  expect(await hiddenAnswers(stdin, stderr, ['A: ', 'B: ', 'C: '])).toEqual(['one', 'two', 'three']);
  expect(shown.join('')).toBe('A: \nB: \nC: \n');
  expect(rawModes).toEqual([true, false]);
});

test('a backspace takes the last character back', async () => {
  const { stdin, stderr } = terminal('ab\u007fc\r');
  expect(await hiddenAnswers(stdin, stderr, ['A: '])).toEqual(['ac']);
});

test('Ctrl-C stops and restores the terminal', async () => {
  const { stdin, stderr, rawModes } = terminal('secret\u0003');
  await expect(hiddenAnswers(stdin, stderr, ['A: '])).rejects.toMatchObject({ code: 'wrong-usage' });
  expect(rawModes).toEqual([true, false]);
});
