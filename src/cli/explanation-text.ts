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

function findingText({ weight, sentence, remedy, command }: Finding, paint: Paint): string {
  const lines = [`${mark(weight, paint)} ${printable(sentence)}`];
  if (remedy !== null) lines.push(indent(`→ ${printable(remedy)}`));
  if (command !== null) lines.push(indent(paint('cyan', printable(command)), 6));
  return lines.join('\n');
}

function mark(weight: Finding['weight'], paint: Paint): string {
  if (weight === 'hinders') return paint('red', '✗');
  return weight === 'warns' ? paint('yellow', '!') : paint('dim', '·');
}
