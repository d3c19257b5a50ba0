import type { ReadStream } from 'node:tty';
import { ClientError } from '../client/client-error.ts';
import type { Credentials } from '../client/link.ts';
import { hiddenAnswers } from './hidden-prompt.ts';

// A key, a secret and a memo take a few hundred bytes; longer input is something else.
const maxInputLength = 64 * 1024;

/**
 * The user's credentials, unchecked: JSON from standard input, or from hidden prompts on a terminal. Never from arguments,
 * which every process of the machine can read.
 */
export async function credentialsInput(stdin: NodeJS.ReadStream, stderr: NodeJS.WritableStream): Promise<Credentials> {
  if (stdin.isTTY) {
    const questions = ['API key (hidden): ', 'API secret (hidden): ', 'Memo (hidden): '];
    const [apiKey, apiSecret, memo] = await hiddenAnswers(stdin as ReadStream, stderr, questions);
    return { apiKey, apiSecret, memo } as Credentials;
  }
  const text = await readAll(stdin);
  if (text.trim() === '') throw wrongInput('Standard input is empty.');
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the input, which is the secret.
    throw wrongInput('Standard input is not JSON.');
  }
}

async function readAll(stdin: NodeJS.ReadStream): Promise<string> {
  let text = '';
  stdin.setEncoding('utf8');
  for await (const chunk of stdin) {
    text += chunk;
    if (text.length > maxInputLength) throw wrongInput('Standard input is too long to be credentials.');
  }
  return text;
}

function wrongInput(message: string): ClientError {
  return new ClientError(
    'wrong-credentials',
    message,
    'Pass {"apiKey": "…", "apiSecret": "…", "memo": "…"} on standard input, or run the command on a terminal for prompts.',
  );
}
