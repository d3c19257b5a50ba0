import type { Explanation } from '../answers/explanation/explanation.ts';
import type { Finding } from '../answers/explanation/finding.ts';
import { printable } from '../answers/printable.ts';
import type { Paint } from './output.ts';
import { paintStatus } from './render.ts';
import { indent } from './table.ts';

/** An explanation for people: the summary, then one paragraph per finding. */
export function explanationText(explanation: Explanation, paint: Paint): string {
  const { accountId, label, status, findings } = explanation;
  const title = `${paint('bold', accountId)}${label === null ? '' : ` (${printable(label)})`}  ${paintStatus(status, paint)}`;
  return [title, explanation.summary, ...findings.map((finding) => findingText(finding, paint))].join('\n\n');
}

function findingText({ severity, sentence, remedy, command }: Finding, paint: Paint): string {
  const lines = [`${mark(severity, paint)} ${printable(sentence)}`];
  if (remedy !== null) lines.push(indent(`→ ${printable(remedy)}`));
  if (command !== null) lines.push(indent(paint('cyan', printable(command)), 6));
  return lines.join('\n');
}

function mark(severity: Finding['severity'], paint: Paint): string {
  if (severity === 'error') return paint('red', '✗');
  return severity === 'warning' ? paint('yellow', '!') : paint('dim', '·');
}
