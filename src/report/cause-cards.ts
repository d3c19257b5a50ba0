import type { Finding } from '../answers/explanation/finding.ts';
import { earliest } from '../answers/explanation/words.ts';
import type { GapReason, Status } from '../answers/index.ts';
import { minuteText } from '../history/iso-time.ts';
import { gapTexts } from '../problems/gap-texts.ts';
import { type Html, html } from './html.ts';
import { segmentWords } from './legend.ts';
import { streamTitle, time } from './words.ts';

/** One card per cause: what is wrong, where, and what to do. Causes that need no action are folded. */
export function causeCards(status: Status, findings: readonly Finding[]): Html {
  const causes = [...new Set(findings.map(({ cause }) => cause))].map((cause) =>
    findings.filter((finding) => finding.cause === cause),
  );
  const isFolded = (found: readonly Finding[]) => found.every(({ severity }) => severity === 'notice');
  const urgent = causes.filter((found) => !isFolded(found));
  const folded = causes.filter(isFolded);
  return html`${urgent.length > 0 && html`<div class="causes">${urgent.map((found) => card(status, found))}</div>`}${
    folded.length > 0 &&
    html`<details class="remarks"><summary>No action needed (${folded.length})</summary><div class="causes">${folded.map((found) => card(status, found))}</div></details>`
  }`;
}

function card(status: Status, found: readonly Finding[]): Html {
  const [first] = found as readonly [Finding, ...Finding[]];
  const { severity, cause } = first;
  const lostAt = severity === 'error' ? earliest(found.map(({ atRiskAt }) => atRiskAt)) : null;
  const { title, text, places } = aboutOf(status, found);
  const remedies = found.map((finding) => remedyOf(status, finding));
  const texts = [...new Set(remedies.map((remedy) => remedy.text))].filter((each) => each !== '');
  const commands = [...new Set(found.flatMap(({ command }) => (command === null ? [] : [command])))];
  return html`<section class="cause ${severity}" data-cause="${cause}"><p class="title">${labels[severity] !== null && html`<span class="chip">${labels[severity]}</span> `}<b>${title}</b></p>${
    text !== null && html`<p>${text}</p>`
  }${places.length > 0 && html`<ul>${places.map((place) => html`<li>${place}</li>`)}</ul>`}${texts.map(
    (each) => html`<p class="remedy">${each}</p>`,
  )}${lostAt !== null && html`<p class="aside">The first record is lost after ${time(lostAt)}.</p>`}${
    commands.length > 0 &&
    html`<details class="commands"><summary>${remedies[0]?.use ?? null}</summary>${commands.map((command) => html`<p><code>${command}</code></p>`)}</details>`
  }</section>`;
}

const labels: Readonly<Record<Finding['severity'], string | null>> = {
  error: 'Problem',
  warning: 'Warning',
  notice: null,
};

interface About {
  readonly title: string;
  readonly text: string | null;
  /** The histories and ranges that it concerns. */
  readonly places: readonly string[];
}

function aboutOf(status: Status, found: readonly Finding[]): About {
  const [first] = found as readonly [Finding, ...Finding[]];
  const problems = status.problems.filter(({ code }) => code === first.cause);
  const [problem] = problems;
  if (problem !== undefined) {
    const places = problems.flatMap(({ stream }) => (stream === undefined ? [] : [streamTitle(stream)]));
    return { title: problem.message, text: null, places };
  }
  const words = segmentWords[first.cause as GapReason];
  if (words === undefined) return { title: first.sentence, text: null, places: [] };
  return {
    title: words.title,
    text: gapTexts[first.cause as GapReason].meaning,
    places: found.map(({ stream }) => placeText(status, stream as string, first.cause as GapReason)),
  };
}

/** What to do, and the command's purpose: the last sentence of a remedy introduces its command. */
function remedyOf(
  status: Status,
  { cause, remedy, command }: Finding,
): { readonly text: string; readonly use: string } {
  const [, before, last] = /^(.*?)([^.]+):$/s.exec(remedy ?? '') ?? [];
  const use = command === null || last === undefined ? 'Command for the operator' : last.trim();
  const problem = status.problems.find(({ code }) => code === cause);
  // The user's text, if a problem has one.
  return { text: (problem?.remedy ?? (command === null ? remedy : (before ?? remedy)) ?? '').trim(), use };
}

const maxStretches = 3;

function placeText({ streams }: Status, name: string, reason: GapReason): string {
  const gaps = streams.find(({ stream }) => stream === name)?.gaps.filter((gap) => gap.reason === reason) ?? [];
  const shown = gaps.slice(0, maxStretches).map(({ from, to }) => `${minuteText(from)} to ${minuteText(to)}`);
  const more = gaps.length > maxStretches ? `, and ${gaps.length - maxStretches} more` : '';
  return `${streamTitle(name)}: ${shown.join(', ')}${more}`;
}
