import type { Command } from 'commander';
import { ClientError } from '../../client/client-error.ts';
import { exitStatus } from '../exit-status.ts';
import type { RunCommand } from '../invocation.ts';

interface SandboxModule {
  runSandboxCommand(args: readonly string[]): Promise<void>;
}

/** `sandbox`: the simulated exchange, loaded only when asked for. */
export function registerSandboxCommand(program: Command, run: RunCommand): void {
  program
    .command('sandbox')
    .description('run a simulated BitMart over HTTP, to try everything without an account')
    .argument('[args...]', 'options of the sandbox; `sandbox --help` lists them')
    .allowUnknownOption()
    .helpOption(false)
    .action(
      run(async (_invocation, args: string[]) => {
        const { runSandboxCommand } = await sandboxModule();
        await runSandboxCommand(args);
        return exitStatus.done;
      }),
    );
}

async function sandboxModule(): Promise<SandboxModule> {
  const address = new URL('../../../sandbox/server.ts', import.meta.url);
  if (import.meta.url.endsWith('.js')) address.pathname = address.pathname.replace(/\.ts$/, '.js');
  try {
    return await import(address.href);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ClientError(
      'not-available',
      'The sandbox is not part of this installation.',
      'Run it from the repository: `npm run --silent cli -- sandbox`.',
      { cause: error },
    );
  }
}
