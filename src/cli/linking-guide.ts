import { linkingGuide } from '../client/linking-guide.ts';
import { indent } from './table.ts';

/** What the user does on BitMart's side before a key can be linked, for the terminal. */
export function linkingGuideText(egressAddresses: readonly string[]): string {
  const { steps, reach, closing } = linkingGuide({ egressAddresses });
  const numbered = steps.map(({ title, text }, place) => wrapped(`${place + 1}. ${title}: ${text}`, 5)).join('\n');
  const histories = reach.map(({ stream, text }) => wrapped(`${stream}: ${text}`, 4)).join('\n');
  return `What to do on BitMart first:
${numbered}

How far back it can be read:
${histories}
${wrapped(closing, 0, 0)}

Give them as JSON on standard input:
  {"apiKey": "…", "apiSecret": "…", "memo": "…"}
or run the command on a terminal to be asked with hidden input. Never put them into arguments.`;
}

/** Lines that are still easy to read, and fit most terminals. */
const columns = 108;

/** Lines of readable length, the first one moved to the right and the others a little more. */
function wrapped(text: string, indentation: number, first = 2): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  const [head = '', ...rest] = lines;
  return [indent(head, first), ...rest.map((line) => indent(line, indentation))].join('\n');
}
