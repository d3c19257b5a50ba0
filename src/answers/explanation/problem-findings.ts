import type { ProblemCode } from '../../history/failure.ts';
import type { AnswerProblem, Severity, Status } from '../index.ts';
import type { FoundCause } from './finding.ts';
import { commandText, doctorCommand, linkCommand, shellWord } from './words.ts';

/** The problems of an account and its streams. */
export function problemFindings(status: Status): readonly FoundCause[] {
  return status.problems
    .filter((problem) => !isReportedByGap(status, problem))
    .map((problem) => {
      const severity = severityOf(status, problem);
      const stream = status.streams.find((each) => each.stream === problem.stream);
      const { atRiskAt } = stream ?? { atRiskAt: status.historyAtRiskAt };
      return {
        severity,
        cause: problem.code as ProblemCode,
        stream: problem.stream ?? null,
        atRiskAt: severity === 'notice' ? null : atRiskAt,
        sentence: `${problem.stream === undefined ? '' : `${problem.stream}: `}${problem.operator.message}`,
        remedy: problem.operator.remedy,
        command: commandOf(status, problem),
      };
    });
}

/** A stream that the key may not read also has a gap, which says the same and since when. */
function isReportedByGap(status: Status, { code, stream, facts }: AnswerProblem): boolean {
  if (code !== 'no-permission' || stream === undefined || facts.notForSubAccounts) return false;
  return status.streams.some((each) => each.stream === stream && each.gaps.some(({ reason }) => reason === 'refused'));
}

/** A key that is refused for its rights stops everything; one that is accepted in spite of them causes a warning. */
function severityOf(status: Status, { code, severity }: AnswerProblem): Severity {
  if (status.status === 'needs-attention' && (code === 'key-can-withdraw' || code === 'key-can-trade')) return 'error';
  return severity;
}

type Command = (status: Status, problem: AnswerProblem) => string | null;

const rotate: Command = (status) => commandText(status, 'rotate');
const sync: Command = (status) => commandText(status, 'sync');
const look: Command = (status) => commandText(status, 'coverage', '--evidence');
const doctor: Command = () => doctorCommand;

/** A paused or unlinked account refuses `sync`; of a closed one nothing is read with any key. */
function commandOf(status: Status, problem: AnswerProblem): string | null {
  const command = commands[problem.code as ProblemCode] ?? look;
  if (status.status === 'closed' && (command === sync || command === rotate)) return null;
  if ((status.status === 'paused' || status.status === 'unlinked') && command === sync) return null;
  return command(status, problem);
}

const commands: Readonly<Record<ProblemCode, Command>> = {
  'wrong-key': rotate,
  'wrong-secret-or-memo': rotate,
  // The user fixes it at BitMart; then our part is the key check.
  'ip-not-allowed': sync,
  'key-expired': rotate,
  'key-expires-soon': rotate,
  'key-frozen': rotate,
  'no-permission': sync,
  'key-can-withdraw': rotate,
  'key-can-trade': rotate,
  'account-restricted': sync,
  'different-account': linkCommand,
  'same-account': merge,
  'sub-account-needs-own-key': linkCommand,
  clock: doctor,
  'unexpected-answer': look,
  'fills-missing': sync,
  'exchange-unreachable': doctor,
  'exchange-closed': () => null,
};

/** The duplicate first, then the original. */
function merge({ ownerId, accountId }: Status, { facts }: AnswerProblem): string {
  const { otherAccountId, isOtherOlder } = facts;
  const isKnown = otherAccountId !== undefined && isOtherOlder !== undefined;
  const [duplicate, original] = isKnown
    ? isOtherOlder
      ? [accountId, otherAccountId]
      : [otherAccountId, accountId]
    : [accountId, 'OLDER'];
  return `bitmart-sync --owner ${shellWord(ownerId)} merge ${shellWord(duplicate)} ${shellWord(original)}`;
}
