import { stripVTControlCharacters } from 'node:util';
import { CommanderError, type Help } from 'commander';
import type { Client } from '../client/client.ts';
import { AccountMerged, ClientError } from '../client/client-error.ts';
import { readSecretFiles } from '../secret.ts';
import { CliCommand, type ExitStatus, exitStatus, exitStatusOf, type Invocation } from './command.ts';
import { registerAccountCommands } from './commands/account.ts';
import { registerFileCommands } from './commands/files.ts';
import { registerFleetCommand } from './commands/fleet.ts';
import { registerHistoryCommands } from './commands/history.ts';
import { registerInstallationCommands } from './commands/installation.ts';
import { registerKeysCommands } from './commands/keys.ts';
import { registerLinkCommands } from './commands/link.ts';
import { registerServeCommands } from './commands/serve.ts';
import { type Output, outputTo } from './output.ts';

/** Runs one command and returns its exit status. Everything that it opened is closed. */
export async function runCommandLine(args: readonly string[], process: NodeJS.Process): Promise<ExitStatus> {
  const beforeDashes = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  const output = outputTo(process.stdout, process.stderr, beforeDashes.includes('--json'));
  let status: ExitStatus = exitStatus.done;
  let client: Client | null = null;
  const help: string[] = [];
  const program: CliCommand = new CliCommand(
    (work) =>
      async (...rest) => {
        status = (await work(invocation, ...rest)) ?? exitStatus.done;
      },
    'bitmart-sync',
  );
  describeProgram(program, output, help);

  const invocation: Invocation = {
    output,
    stdin: process.stdin,
    stderr: process.stderr,
    env: process.env,
    get hasOwner() {
      return program.opts<{ owner?: string }>().owner !== undefined;
    },
    ownerId: () => ownerOf(program.opts<{ owner?: string }>().owner),
    client: async () => {
      client ??= await configuredClient(process.env);
      return client;
    },
    owner: async () => {
      const ownerId = invocation.ownerId();
      return (await invocation.client()).forOwner(ownerId);
    },
  };
  registerLinkCommands(program, process.env);
  registerHistoryCommands(program);
  registerFileCommands(program);
  registerAccountCommands(program);
  registerFleetCommand(program);
  registerKeysCommands(program);
  registerInstallationCommands(program);
  registerServeCommands(program);

  try {
    const problems = readSecretFiles(process.env);
    if (problems.length > 0) {
      throw new ClientError('wrong-configuration', `${problems.join('; ')}.`, 'Correct it, and run it again.');
    }
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    status = exitStatusOf(error);
    const text = help.join('').trimEnd();
    if (text !== '') await output.result({ help: stripVTControlCharacters(text) }, () => text);
    else await report(error, output, process.env);
  } finally {
    await (client as Client | null)?.close();
  }
  return status;
}

function describeProgram(program: CliCommand, output: Output, help: string[]): void {
  program
    .description('Keeps the whole history of linked BitMart accounts in Postgres.')
    .option('--json', 'print exactly one JSON document on standard output')
    .option('--owner <id>', 'the user of your platform whose accounts to use')
    .helpCommand(false)
    .showHelpAfterError('Run it with --help for its options.')
    .configureHelp({
      showGlobalOptions: true,
      sortSubcommands: false,
      styleTitle: (title) => output.paintResult('bold', title),
      styleCommandText: (text) => output.paintResult('cyan', text),
      styleSubcommandText: (text) => output.paintResult('cyan', text),
      styleOptionText: (text) => output.paintResult('green', text),
    } satisfies Partial<Help>)
    .examples(
      ['is everything that a sync needs in place?', 'bitmart-sync doctor'],
      [
        'link a key of your user alice, and see its state',
        'bitmart-sync --owner alice link\nbitmart-sync --owner alice status ID',
      ],
      ['why is something missing, and what fixes it?', 'bitmart-sync --owner alice explain ID'],
      ['more about one command', 'bitmart-sync link --help'],
    )
    .configureOutput({
      writeOut: (text) => {
        help.push(text);
      },
      // Colours are decided where the text is painted.
      getOutHasColors: () => true,
      getErrHasColors: () => output.paintNote('bold', '') !== '',
      writeErr: (text) => output.note(text.trimEnd()),
    })
    .exitOverride();
}

// Loaded only when a command needs it, so that help and wrong usage answer at once.
async function configuredClient(env: NodeJS.ProcessEnv): Promise<Client> {
  const { surroundingsOf } = await import('./surroundings.ts');
  const options = surroundingsOf(env).client.reveal();
  const { createClient } = await import('../client/client.ts');
  return createClient(options);
}

function ownerOf(owner: string | undefined): string {
  if (owner !== undefined && owner.trim() !== '') return owner;
  throw new ClientError('wrong-usage', 'This command needs --owner ID.', 'Pass the id of the user of your platform.');
}

async function report(error: unknown, output: Output, env: NodeJS.ProcessEnv): Promise<void> {
  const failure = failureOf(error);
  if (failure === null) return;
  const isDebugging = env.LOG_LEVEL === 'debug' || env.LOG_LEVEL === 'trace';
  const paint = output.paintNote;
  // Commander has reported it already, with the usage line.
  if (!(error instanceof CommanderError)) {
    output.note(`${paint('red', 'Error:')} ${failure.message}`);
    if (failure.remedy !== undefined) output.note(`  → ${failure.remedy}`);
  }
  if (isDebugging && error instanceof Error) output.note(String(error.stack));
  if (output.json) await output.result({ error: failure }, () => '');
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
  /** The account to use instead, if this one was merged. */
  readonly mergedInto?: string;
}

function failureOf(error: unknown): Failure | null {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return null;
    const message = error.code === 'commander.help' ? 'A command is needed.' : error.message.replace(/^error: /, '');
    return { code: 'wrong-usage', message, remedy: 'Run it with --help for its options.' };
  }
  if (error instanceof ClientError) {
    const { code, message, remedy } = error;
    return {
      code,
      message,
      ...(remedy === null ? {} : { remedy }),
      ...(error instanceof AccountMerged && { mergedInto: error.mergedInto }),
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'unexpected', message, remedy: 'Run it again with LOG_LEVEL=debug to see where it happened.' };
}
