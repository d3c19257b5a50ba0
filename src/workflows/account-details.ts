import type { StreamProgress } from '../activities/contract.ts';
import type { ProblemName } from '../history/failure.ts';
import { minuteText } from '../history/iso-time.ts';
import type { ProblemWords } from '../problems/describe-problem.ts';
import { en } from '../texts/en.ts';
import { plain } from './account-start.ts';
import type { AccountState } from './account-state.ts';

/** The most that Temporal keeps of it; the most important comes first. */
const bytesAtMost = 16_000;

/**
 * What an operator reads on the workflow's page: Markdown, no amounts, no secrets. A later run shows nothing else about the
 * account, because a summary is lost when a new run takes over.
 */
export function accountDetails(accountId: string, state: AccountState, doing: string): string {
  const lines = [
    `**${state.status}** · ${doing}`,
    '',
    `Account \`${accountId}\`${state.label ? ` (${plain(state.label)})` : ''}${state.ownerId ? ` of \`${plain(state.ownerId)}\`` : ''}`,
    ...state.problems.flatMap((problem) => {
      const { code, stream } = problem;
      const { message, remedy } = wordsOfProblem(problem, accountId, state.ownerId);
      return [
        '',
        `**${code}**${stream ? ` (${stream})` : ''}: ${message} ${remedy} Runbook: \`docs/runbook.md#${code}\``,
      ];
    }),
    '',
    '| stream | rows | covered from | through | gaps |',
    '|:--|:--|:--|:--|:--|',
    ...state.streams.map((stream) =>
      row([stream.stream, stream.rows, time(stream.from), time(stream.through), gaps(stream)]),
    ),
    '',
    `Next sync: ${state.paused ? 'paused' : time(new Date(state.syncDueMs).toISOString())}`,
    '',
    `History at risk from: ${time(state.historyAtRiskAt)}${state.historyAtRiskAt === null ? '' : ' · runbook: `docs/runbook.md#bitmartsynchistoryatrisk`'}`,
    '',
    `Complete through: ${time(state.completeThrough)}`,
    '',
    'Times in UTC. Updates `pause` and `resume`, and the signal `syncNow`, steer it from here.',
  ];
  return lines.join('\n').slice(0, bytesAtMost);
}

/** A workflow knows no facts of a problem: where a text depends on them, it names the command that has it. */
export function wordsOfProblem({ code }: ProblemName, accountId: string, ownerId: string | null): ProblemWords {
  const text = en.operator?.[code];
  if (typeof text?.message === 'string' && typeof text.remedy === 'string') {
    return { message: text.message, remedy: text.remedy };
  }
  const owner = ownerId !== null && /^[\w.@-]+$/.test(ownerId) ? ownerId : 'OWNER';
  const command = `bitmart-sync --owner ${owner} explain ${accountId}`;
  return { message: 'Its details are in Postgres.', remedy: `To see them: \`${command}\`.` };
}

/** The UI sets the cells of a table close together; as code, each has some space around it. */
function row(cells: readonly (string | number)[]): string {
  return `| ${cells.map((cell) => `\`${cell}\``).join(' | ')} |`;
}

function gaps({ gaps: count, gapReasons = [] }: StreamProgress): string | number {
  return gapReasons.length === 0 ? count : `${count}: ${gapReasons.join(', ')}`;
}

function time(instant: string | null): string {
  return instant === null ? '–' : minuteText(instant);
}
