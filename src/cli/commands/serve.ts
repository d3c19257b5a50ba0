import { once } from 'node:events';
import { ClientError, type ClientErrorCode } from '../../client/client-error.ts';
// Loaded only on demand, by `optionalModule`: its packages need not be installed.
import type * as LinkPage from '../../link-page/server.ts';
import type { CliCommand, Invocation } from '../command.ts';

type LinkPageModule = typeof LinkPage;
type LinkPageLog = Parameters<LinkPageModule['startLinkPage']>[0]['log'];

/** `serve` hosts the connection page, `sandbox` a simulated exchange; each is loaded only on demand. */
export function registerServeCommands(program: CliCommand): void {
  program
    .command('serve')
    .description('host the connection page, where users link their keys (LINK_ADDRESS, LINK_URL)')
    .examples(
      ['on this machine', 'bitmart-sync serve'],
      ['behind a proxy with TLS', 'LINK_ADDRESS=0.0.0.0:8090 LINK_URL=https://link.example.com bitmart-sync serve'],
    )
    .runs(serve);
  program
    .command('sandbox')
    .description('run a simulated BitMart over HTTP, to try everything without a BitMart account')
    .argument('[args...]', 'options of the sandbox; `sandbox --help` lists them')
    .allowUnknownOption()
    .helpOption(false)
    .runs(sandbox);
}

async function serve(invocation: Invocation): Promise<void> {
  const { output, env, stderr } = invocation;
  const { linkPageConfig, startLinkPage } = await optionalModule<LinkPageModule>(
    '../../link-page/server.ts',
    'wrong-configuration',
    'The connection page needs packages that are not installed.',
    'Install them: `npm install bitmart-sync-worker`.',
  );
  const client = await invocation.client();
  const log: LinkPageLog = (level, event, fields) =>
    void stderr.write(`${JSON.stringify({ level, time: new Date().toISOString(), event, ...fields })}\n`);
  const page = await startLinkPage({ client, config: configOf(linkPageConfig, env), log }).catch((error: unknown) => {
    throw startFailure(error);
  });
  const document = { url: page.publicUrl, address: page.address };
  await output.result(document, () => `link page ready at ${page.publicUrl} (listening on ${page.address})`);
  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  await page.close();
}

function configOf(linkPageConfig: LinkPageModule['linkPageConfig'], env: NodeJS.ProcessEnv) {
  try {
    return linkPageConfig(env);
  } catch (error) {
    throw new ClientError('wrong-configuration', (error as Error).message, 'docs/link-page.md lists what it takes.');
  }
}

function startFailure(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL') return error;
  return new ClientError(
    'wrong-configuration',
    `LINK_ADDRESS or LINK_METRICS_ADDRESS can't be listened on (${code}).`,
    'Choose another address, or stop what uses it.',
  );
}

interface SandboxModule {
  runSandboxCommand(args: readonly string[]): Promise<void>;
}

async function sandbox(_invocation: Invocation, args: string[]): Promise<void> {
  const { runSandboxCommand } = await optionalModule<SandboxModule>(
    '../../../sandbox/server.ts',
    'not-available',
    'The sandbox is not part of this installation.',
    'Run it from the repository: `npm run --silent cli -- sandbox`.',
  );
  await runSandboxCommand(args);
}

async function optionalModule<Module>(
  path: string,
  ...absent: [ClientErrorCode, message: string, remedy: string]
): Promise<Module> {
  const address = new URL(path, import.meta.url);
  if (import.meta.url.endsWith('.js')) address.pathname = address.pathname.replace(/\.ts$/, '.js');
  try {
    return await import(address.href);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ClientError(...absent, { cause: error });
  }
}
