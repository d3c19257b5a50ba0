#!/usr/bin/env node
import module from 'node:module';
import process from 'node:process';

// As package.json says in `engines`. The worker needs 24.
const minNodeVersion = 20;

/** The `bitmart-sync` command. Everything else is loaded only once the runtime is known to be new enough. */
async function main(): Promise<void> {
  if (Number(process.versions.node.split('.')[0]) < minNodeVersion) {
    process.stderr.write(`bitmart-sync needs Node ${minNodeVersion} or newer; this is ${process.version}.\n`);
    process.exit(2);
  }
  // A reader that has gone away (`| head`) is the end of our work, not a failure.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }
  // Most of a short command is the loading of libraries. Older Nodes can't cache it.
  module.enableCompileCache?.();
  const { runCommandLine } = await import('./program.ts');
  // Exits at once: an idle connection of a library must not keep the shell waiting.
  process.exit(await runCommandLine(process.argv.slice(2), process));
}

await main();
