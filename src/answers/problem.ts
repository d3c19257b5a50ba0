import { isWaiting, type Problem, type ProblemCode, type ProblemFacts, type WaitingCode } from '../history/failure.ts';
import {
  notCheckedWords,
  operatorWords,
  type ProblemWords,
  type Severity,
  severityOf,
  userWords,
} from '../problems/describe-problem.ts';
import { en } from '../texts/en.ts';
import { type Language, textsIn } from '../texts/index.ts';

export type { Language, ProblemFacts, ProblemWords, Severity, WaitingCode };
export { isWaiting };

/** A problem of a key, an account or one of its streams. */
export interface AnswerProblem {
  readonly code: ProblemCode | WaitingCode;
  readonly severity: Severity;
  /** What happened, for the person who owns the key; in other languages: `problemText`. */
  readonly message: string;
  /** What that person can do about it. */
  readonly remedy: string;
  /** Only when it concerns one stream. */
  readonly stream?: string;
  /** The facts of this case, without secrets. */
  readonly facts: ProblemFacts;
  /** The same for those who run the worker. It may name hosts, settings and commands. */
  readonly operator: ProblemWords;
}

export function answerProblem({ code, message, remedy, stream, facts = {} }: Problem): AnswerProblem {
  const words = { message, remedy, ...(stream !== undefined && { stream }) };
  return { code, ...words, severity: severityOf(code, facts), facts, operator: operatorWords({ code, facts }, en) };
}

/** A key that could not be checked because of us. `operator`: what is missing. */
export function waitingProblem(code: WaitingCode, operator: ProblemWords, isStored: boolean): AnswerProblem {
  const facts = { isStored };
  return { code, severity: 'error', ...notCheckedWords(facts, en), facts, operator };
}

export interface ProblemTextOptions {
  /** @default en */
  readonly language?: Language;
  /** For the person who owns the key, or for those who run the worker (English and Japanese only). @default user */
  readonly reader?: 'user' | 'operator';
}

/**
 * The texts of a problem, in another language or for the operator.
 *
 * @example
 * import { problemText } from 'bitmart-sync/client';
 *
 * const { problems } = await owner.status(accountId);
 * for (const problem of problems) show(problemText(problem, { language: 'ja' }).remedy);
 */
export function problemText(problem: AnswerProblem, options: ProblemTextOptions = {}): ProblemWords {
  const { language = 'en', reader = 'user' } = options;
  const texts = textsIn[language] ?? en;
  const { code, facts } = problem;
  if (isWaiting(code)) return reader === 'operator' ? problem.operator : notCheckedWords(facts, texts);
  return reader === 'operator' ? operatorWords({ code, facts }, texts) : userWords({ code, facts }, texts);
}
