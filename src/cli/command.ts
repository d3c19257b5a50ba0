import { Command, CommanderError } from 'commander';
import type { Client } from '../client/client.ts';
import { ClientError } from '../client/client-error.ts';
import type { OwnerClient } from '../client/owner-client.ts';
import type { Output, Paint } from './output.ts';

/** One run of the command line: what a command needs. */
export interface Invocation {
  readonly output: Output;
  readonly stdin: NodeJS.ReadStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
  readonly hasOwner: boolean;
  /** The owner of `--owner`; throws `wrong-usage` if none is given. */
  ownerId(): string;
  /** Made from the environment when first needed, closed when the command ends. */
  client(): Promise<Client>;
  owner(): Promise<OwnerClient>;
}

/** The work of a command. Its exit status is `done` unless it returns another one. */
type Work<Args extends unknown[]> = (invocation: Invocation, ...args: Args) => Promise<void> | Promise<ExitStatus>;

/** Wraps a command's work to keep its exit status. */
type RunCommand = <Args extends unknown[]>(work: Work<Args>) => (...args: Args) => Promise<void>;

/** A command of an invocation, whose help ends with examples. */
export class CliCommand extends Command {
  readonly #run: RunCommand;

  constructor(run: RunCommand, name?: string) {
    super(name);
    this.#run = run;
  }

  override createCommand(name?: string): CliCommand {
    return new CliCommand(this.#run, name);
  }

  /** Purposes, each with the command to type. */
  examples(...examples: readonly (readonly [purpose: string, command: string])[]): this {
    const texts = examples.map(([purpose, command]) => `  # ${purpose}\n  ${command.replaceAll('\n', '\n  ')}`);
    return this.addHelpText('after', `\nExamples:\n${texts.join('\n')}`);
  }

  runs<Args extends unknown[]>(work: Work<Args>): this {
    return this.action(this.#run(work));
  }

  /** For a command whose result is one document about an owner's account. */
  shows<Document, Args extends unknown[]>(
    read: (owner: OwnerClient, ...args: Args) => Promise<Document>,
    text: (document: Document, paint: Paint) => string,
  ): this {
    return this.runs(async ({ owner, output }, ...args: Args) => {
      const document = await read(await owner(), ...args);
      await output.result(document, (paint) => text(document, paint));
    });
  }
}

/** The exit statuses. Other programs branch on these numbers. */
export const exitStatus = {
  done: 0,
  failed: 1,
  wrongUsage: 2,
  keyRefused: 3,
} as const;

export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus];

export function exitStatusOf(error: unknown): ExitStatus {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.done : exitStatus.wrongUsage;
  if (error instanceof ClientError && error.code.startsWith('wrong-')) return exitStatus.wrongUsage;
  return exitStatus.failed;
}
