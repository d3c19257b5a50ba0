import type { Answer, SuccessWord } from './call.ts';
import { wireText } from './wire-text.ts';

/** An answer with code 1000; `data` is JSON already. */
export function success(word: SuccessWord, data: string): Answer {
  return {
    httpStatus: 200,
    code: 1_000,
    headers: {},
    text: `{"code":1000,"message":"${word}","data":${data},"trace":"${traceText()}"}`,
    rows: 0,
  };
}

/** An answer with code 1000 around a plain value. */
export function successOf(word: SuccessWord, data: unknown): Answer {
  return success(word, wireText(data));
}

let answers = 0;

/** Support asks for it, so it must differ; nothing else depends on it. */
function traceText(): string {
  answers++;
  return `5a4db0c5${answers.toString(16).padStart(24, '0')}.${answers % 90}.17${answers}`;
}
