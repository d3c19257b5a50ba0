import { describeProblem } from '../history/problem-texts.ts';
import type { AccountState } from './account-state.ts';

/** What an operator reads on the workflow's page: Markdown, no amounts, no secrets. */
export function accountDetails(accountId: string, state: AccountState, doing: string): string {
  const lines = [
    `**${state.status}** · ${doing}`,
    '',
    `Account \`${accountId}\`${state.label ? ` (${plain(state.label)})` : ''}`,
    '',
    '| stream | rows | covered from | through | gaps |',
    '|:--|:--|:--|:--|:--|',
    ...state.streams.map(({ stream, rows, from, through, gaps }) =>
      row([stream, rows, time(from), time(through), gaps]),
    ),
    '',
    `Next sync: ${state.paused ? 'paused' : time(new Date(state.syncDueMs).toISOString())}`,
    '',
    `History at risk from: ${time(state.historyAtRiskAt)}`,
    '',
    'Times in UTC.',
    ...state.problems.flatMap(({ code, stream }) => {
      const problem = describeProblem({ code });
      return ['', `**${code}**${stream ? ` (${stream})` : ''}: ${problem.message} ${problem.remedy}`];
    }),
  ];
  return lines.join('\n');
}

/** The UI sets the cells of a table close together; as code, each has some space around it. */
function row(cells: readonly (string | number)[]): string {
  return `| ${cells.map((cell) => `\`${cell}\``).join(' | ')} |`;
}

function time(instant: string | null): string {
  return instant === null ? '–' : instant.slice(0, 16).replace('T', ' ');
}

/** A label is a user's text: it must not become a link or a heading. */
function plain(text: string): string {
  return text.slice(0, 80).replace(/[^\p{L}\p{N} .,_'-]/gu, '·');
}
