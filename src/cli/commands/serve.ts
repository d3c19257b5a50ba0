import { once } from 'node:events';
import type { Command } from 'commander';
import type { Client } from '../../client/client.ts';
import { ClientError } from '../../client/client-error.ts';
import { examples } from '../examples.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import type { Invocation, RunCommand } from '../invocation.ts';

/** What this command needs of src/link-page, which is loaded only when it is asked for. */
interface LinkPageModule {
  linkPageConfig(env: NodeJS.ProcessEnv): unknown;
  startLinkPage(options: { readonly client: Client; readonly config: unknown; readonly log: Log }): Promise<LinkPage>;
}

interface LinkPage {
  readonly address: string;
  readonly publicUrl: string;
  close(): Promise<void>;
}

type Log = (level: 'info' | 'error', event: string, fields: Readonly<Record<string, unknown>>) => void;

/** `serve`: hosts the connection page until it is stopped. */
export function registerServeCommand(program: Command, run: RunCommand): void {
  program
    .command('serve')
    .description('host the connection page, on which users link their keys (LINK_ADDRESS, LINK_URL)')
    .addHelpText(
      'after',
      examples([
        ['on this machine', 'bitmart-sync serve'],
        ['behind a proxy with TLS', 'LINK_ADDRESS=0.0.0.0:8090 LINK_URL=https://link.example.com bitmart-sync serve'],
      ]),
    )
    .action(run(serve));
}

async function serve(invocation: Invocation): Promise<ExitStatus> {
  const { output, env, stderr } = invocation;
  const { linkPageConfig, startLinkPage } = await linkPageModule();
  const client = await invocation.client();
  const log: Log = (level, event, fields) =>
    void stderr.write(`${JSON.stringify({ level, time: new Date().toISOString(), event, ...fields })}\n`);
  const page = await startLinkPage({ client, config: configOf(linkPageConfig, env), log }).catch((error: unknown) => {
    throw startFailure(error);
  });
  const document = { url: page.publicUrl, address: page.address };
  await output.result(document, () => `link page ready at ${page.publicUrl} (listening on ${page.address})`);
  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  await page.close();
  return exitStatus.done;
}

function configOf(linkPageConfig: LinkPageModule['linkPageConfig'], env: NodeJS.ProcessEnv): unknown {
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
    `LINK_ADDRESS or LINK_METRICS_ADDRESS can't be listened at (${code}).`,
    'Choose another address, or stop what uses it.',
  );
}

async function linkPageModule(): Promise<LinkPageModule> {
  const address = new URL('../../link-page/server.ts', import.meta.url);
  if (import.meta.url.endsWith('.js')) address.pathname = address.pathname.replace(/\.ts$/, '.js');
  try {
    return await import(address.href);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ClientError(
      'wrong-configuration',
      'The connection page needs packages that are not installed.',
      'Install them: `npm install bitmart-sync-worker`.',
    );
  }
}
