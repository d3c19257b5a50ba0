import type { ReadStream } from 'node:tty';
import { ClientError } from '../client-error.ts';

const interrupt = '\u0003';
const endOfInput = '\u0004';
const backspaces = new Set(['\u007f', '\b']);

/**
 * Asks on a terminal without showing what is typed. Prompts go to standard error, so that standard output stays the result's.
 * Several answers pasted at once, one a line, are taken in their order.
 */
export function hiddenPrompt(stdin: ReadStream, stderr: NodeJS.WritableStream) {
  let pending = '';
  return async function ask(question: string): Promise<string> {
    stderr.write(question);
    stdin.setRawMode(true);
    stdin.setEncoding('utf8');
    stdin.resume();
    try {
      let answer = '';
      for (;;) {
        const typed = pending === '' ? await nextChunk(stdin) : pending;
        pending = '';
        for (const [i, character] of [...typed].entries()) {
          if (character === interrupt || character === endOfInput) {
            throw new ClientError('wrong-usage', 'Nothing was entered.', 'Run the command again.');
          }
          if (character === '\r' || character === '\n') {
            pending = [...typed].slice(i + 1).join('');
            if (character === '\r' && pending.startsWith('\n')) pending = pending.slice(1);
            return answer;
          }
          if (backspaces.has(character)) answer = [...answer].slice(0, -1).join('');
          else if (character >= ' ') answer += character;
        }
      }
    } finally {
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write('\n');
    }
  };
}

function nextChunk(stdin: ReadStream): Promise<string> {
  return new Promise((resolve) => {
    const onData = (chunk: string) => settle(chunk);
    const onEnd = () => settle(endOfInput);
    const settle = (text: string) => {
      stdin.off('data', onData);
      stdin.off('end', onEnd);
      resolve(text);
    };
    stdin.once('data', onData);
    stdin.once('end', onEnd);
  });
}
