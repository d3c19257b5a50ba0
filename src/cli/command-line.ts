#!/usr/bin/env node
import module from 'node:module';
import process from 'node:process';

// The same as `engines` in package.json. The worker needs 24.
const minNodeVersion = 20;

/** The `bitmart-sync` command. Everything else is loaded only once the runtime is known to be new enough. */
async function main(): Promise<void> {
  if (Number(process.versions.node.split('.')[0]) < minNodeVersion) {
    process.stderr.write(`bitmart-sync needs Node ${minNodeVersion} or newer; this is ${process.version}.\n`);
    process.exit(2);
  }
  // If the reader has gone away (`| head`), our work is done; that is not a failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    process.stderr.write(`The output can't be written: ${error.message}.\n`);
    process.exit(1);
  });
  // `serve` goes on where nobody reads its log any longer.
  process.stderr.on('error', () => undefined);
  // Loading libraries takes most of a short command. Older Nodes can't cache it.
  module.enableCompileCache?.();
  const { runCommandLine } = await import('./program.ts');
  // Exits at once: an idle connection of a library must not keep the shell waiting.
  process.exit(await runCommandLine(process.argv.slice(2), process));
}

await main();
