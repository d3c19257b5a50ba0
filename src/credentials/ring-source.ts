import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { promisify } from 'node:util';
import { Secret } from '../secret.ts';
import { BadKeyRing } from './key-ring.ts';

/** Where the private ring comes from. Nothing secret is in it. */
export interface RingSource {
  /** As messages name it. */
  readonly name: string;
  /** Differs once the ring may have changed. */
  mark(): string;
  /** The ring's content. Throws BadKeyRing with the reason. */
  read(): Promise<Secret<string>>;
}

export interface RingEnvironment {
  readonly CREDENTIALS_KEY_FILE?: string | undefined;
  readonly CREDENTIALS_KEY_COMMAND?: string | undefined;
}

/** The source that the environment names; null when it names none. Throws BadKeyRing. */
export function ringSourceOf(env: RingEnvironment): RingSource | null {
  const { CREDENTIALS_KEY_FILE: file, CREDENTIALS_KEY_COMMAND: command } = env;
  if (file && command) throw new BadKeyRing('CREDENTIALS_KEY_FILE and CREDENTIALS_KEY_COMMAND are both set: keep one.');
  if (command) return ringFromCommand(command);
  return file ? ringFromFile(file) : null;
}

export function ringFromFile(file: string): RingSource {
  return {
    name: file,
    mark() {
      try {
        const { ino, mtimeMs, ctimeMs, size } = statSync(file);
        return [ino, mtimeMs, ctimeMs, size].join();
      } catch (error) {
        return (error as NodeJS.ErrnoException).code ?? 'unknown';
      }
    },
    async read() {
      try {
        requirePrivate(file);
        return new Secret(readFileSync(file, 'utf8'));
      } catch (error) {
        if (error instanceof BadKeyRing) throw error;
        throw new BadKeyRing(`The file can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`);
      }
    },
  };
}

/** Windows has no such bits. */
function requirePrivate(file: string): void {
  const mode = statSync(file).mode & 0o777;
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new BadKeyRing(
      `Other users can read or change the file (mode ${mode.toString(8).padStart(4, '0')}): chmod 600 it.`,
    );
  }
}

/** A key service across the network answers within a second or two; a sync that waits for it should not wait for long. */
const commandTimeoutMs = 10_000;
/** Some hundred keys. */
const maxRingBytes = 262_144;
/** A command can't say that its ring has changed, so it runs again this often. A key that is missing is looked for at once. */
const commandEveryMs = 300_000;

/**
 * A program and its arguments, divided by blanks, or as a JSON array where an argument holds one. It runs without a shell,
 * prints the ring, and its standard error is discarded: it may quote a secret.
 */
export function ringFromCommand(text: string): RingSource {
  const [program, ...args] = wordsOf(text);
  if (!program) throw new BadKeyRing('CREDENTIALS_KEY_COMMAND names no program.');
  return {
    name: `the command ${program}`,
    mark: () => String(Math.floor(Date.now() / commandEveryMs)),
    async read() {
      const options = { timeout: commandTimeoutMs, killSignal: 'SIGKILL', maxBuffer: maxRingBytes } as const;
      const { stdout } = await promisify(execFile)(program, args, options).catch((error: CommandFailure) => {
        throw new BadKeyRing(`It ${whatHappened(error)}. Run it by hand to see why.`);
      });
      return new Secret(stdout);
    },
  };
}

interface CommandFailure {
  readonly code?: string | number | null;
  readonly killed?: boolean;
  readonly signal?: string | null;
}

function whatHappened({ code, killed, signal }: CommandFailure): string {
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return `printed more than ${maxRingBytes} bytes`;
  if (killed) return `did not end within ${commandTimeoutMs / 1_000} s`;
  return typeof code === 'number' ? `ended with status ${code}` : `did not run (${code ?? signal ?? 'unknown'})`;
}

function wordsOf(text: string): readonly string[] {
  if (!text.trimStart().startsWith('[')) return text.trim().split(/\s+/);
  try {
    const words: unknown = JSON.parse(text);
    if (Array.isArray(words) && words.every((word) => typeof word === 'string')) return words;
  } catch {
    // Said below, without the parser's words.
  }
  throw new BadKeyRing('CREDENTIALS_KEY_COMMAND begins with [ and is not a JSON array of texts.');
}
