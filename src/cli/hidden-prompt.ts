import type { ReadStream } from 'node:tty';
import { ClientError } from '../client/client-error.ts';

const interrupt = '\u0003';
const endOfInput = '\u0004';
const backspaces = new Set(['\u007f', '\b']);

/**
 * Asks questions on a terminal, one after another, without echoing what is typed. Prompts go to standard error, so standard
 * output holds only the result. Nothing is echoed until the last answer: text that is pasted ahead stays hidden too.
 */
export async function hiddenAnswers(
  stdin: ReadStream,
  stderr: NodeJS.WritableStream,
  questions: readonly string[],
): Promise<readonly string[]> {
  const answers: string[] = [];
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  try {
    const typed = characters(stdin);
    for (const question of questions) {
      stderr.write(question);
      answers.push(await line(typed));
      stderr.write('\n');
    }
    return answers;
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
  }
}

async function line(typed: AsyncIterator<string>): Promise<string> {
  const answer: string[] = [];
  for (;;) {
    const { value: character, done } = await typed.next();
    if (done || character === interrupt || character === endOfInput) {
      throw new ClientError('wrong-usage', 'The input was broken off; nothing was stored.', 'Run the command again.');
    }
    if (character === '\r' || character === '\n') {
      // An empty line is not an answer: a pasted line break of two characters leaves one.
      if (answer.length > 0) return answer.join('');
    } else if (backspaces.has(character)) answer.pop();
    else if (character >= ' ') answer.push(character);
  }
}

async function* characters(stdin: ReadStream): AsyncGenerator<string, void> {
  for await (const chunk of stdin) yield* [...String(chunk)];
}
