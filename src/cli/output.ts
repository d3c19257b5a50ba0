import { styleText } from 'node:util';
import { type Progress, progressOn } from './progress.ts';

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Colours one text, or leaves it plain. */
export type Paint = (style: Style, text: string) => string;

/**
 * The output of a command. Results go to standard output, everything else to standard error; with `--json` the result is
 * exactly one JSON document, so that a program can read it whatever else happens.
 */
export interface Output {
  readonly json: boolean;
  /** The result: the document as JSON, or as text for people. */
  result(document: unknown, text: (paint: Paint) => string): Promise<void>;
  /** Progress, warnings and hints. */
  note(text: string): void;
  /** The progress of a long command, on standard error. `unit`: what is counted, in the plural. */
  progress(title: string, unit?: string): Progress;
  readonly paintNote: Paint;
  /** For text that is part of a result. */
  readonly paintResult: Paint;
}

export function outputTo(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream, json: boolean): Output {
  return {
    json,
    result: (document, text) =>
      written(stdout, json ? JSON.stringify(document, null, stdout.isTTY ? 2 : 0) : text(paintFor(stdout))),
    note: (text) => void stderr.write(`${text}\n`),
    progress: (title, unit) => progressOn(stderr, { title, ...(unit !== undefined && { unit }) }),
    paintNote: paintFor(stderr),
    paintResult: paintFor(stdout),
  };
}

// styleText itself checks NO_COLOR, FORCE_COLOR and whether the stream is a terminal.
function paintFor(stream: NodeJS.WriteStream): Paint {
  return (style, text) => styleText(style, text, { stream });
}

function written(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    // A reader that has gone away (`| head`) is not a failure of the command.
    stream.write(`${text}\n`, () => resolve());
  });
}
