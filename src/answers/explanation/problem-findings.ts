import type { ProblemCode } from '../../history/failure.ts';
import type { AnswerProblem, Status } from '../index.ts';
import { commandText, doctorCommand, linkCommand, shellWord } from './command-text.ts';
import type { Finding } from './finding.ts';

/** What is known to be wrong with an account or one of its streams. */
export function problemFindings(status: Status): readonly Finding[] {
  return status.problems
    .filter((problem) => !isToldByGap(status, problem))
    .map((problem) => {
      const { weight, command } = answers[problem.code as ProblemCode] ?? unknownProblem;
      const stream = status.streams.find((each) => each.stream === problem.stream);
      const { atRiskAt } = stream ?? { atRiskAt: status.historyAtRiskAt };
      return {
        weight: typeof weight === 'function' ? weight(status) : weight,
        cause: problem.code as ProblemCode,
        stream: problem.stream ?? null,
        atRiskAt: weight === 'informs' ? null : atRiskAt,
        sentence: `${problem.stream === undefined ? '' : `${problem.stream}: `}${problem.message}`,
        remedy: problem.remedy,
        command: command(status, problem),
      };
    });
}

/** A stream that the key may not read is a gap, which says the same and since when. */
function isToldByGap(status: Status, { code, stream }: AnswerProblem): boolean {
  if (code !== 'no-permission' || stream === undefined) return false;
  return status.streams.some((each) => each.stream === stream && each.gaps.some(({ reason }) => reason === 'refused'));
}

interface Answer {
  readonly weight: Finding['weight'] | ((status: Status) => Finding['weight']);
  readonly command: (status: Status, problem: AnswerProblem) => string | null;
}

const rotate = (status: Status) => commandText(status, 'rotate');
const sync = (status: Status) => commandText(status, 'sync');
const look = (status: Status) => commandText(status, 'coverage', '--evidence');
const doctor = () => doctorCommand;
const nothing = () => null;

/** A key that is refused for its rights stops everything; one that is accepted in spite of them is a warning. */
const byPolicy = (status: Status) => (status.status === 'needs-attention' ? 'hinders' : 'warns');

const answers: Readonly<Record<ProblemCode, Answer>> = {
  'wrong-key': { weight: 'hinders', command: rotate },
  'wrong-secret-or-memo': { weight: 'hinders', command: rotate },
  // Mended at BitMart; the look at the key afterwards is what is ours.
  'ip-not-allowed': { weight: 'hinders', command: sync },
  'key-expired': { weight: 'hinders', command: rotate },
  'key-expires-soon': { weight: 'warns', command: rotate },
  'key-frozen': { weight: 'hinders', command: rotate },
  'no-permission': { weight: 'hinders', command: sync },
  'key-can-withdraw': { weight: byPolicy, command: rotate },
  'key-can-trade': { weight: byPolicy, command: rotate },
  'account-restricted': { weight: 'hinders', command: sync },
  'different-account': { weight: byPolicy, command: linkCommand },
  'same-account': { weight: 'warns', command: merge },
  'sub-account-needs-own-key': { weight: 'warns', command: linkCommand },
  clock: { weight: 'hinders', command: doctor },
  'unexpected-answer': { weight: 'hinders', command: look },
  'exchange-unreachable': { weight: 'hinders', command: doctor },
  'exchange-closed': { weight: 'informs', command: nothing },
};

const unknownProblem: Answer = { weight: 'hinders', command: look };

function merge({ ownerId, accountId }: Status): string {
  return `bitmart-sync --owner ${shellWord(ownerId)} merge ${shellWord(accountId)} OLDER`;
}
