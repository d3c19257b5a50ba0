/**
 * Supervises one child process until our parent ends, however that happens: our standard input is a pipe from the parent,
 * and its end means that we must stop the child.
 *
 * Started with one argument, a GuardedProcess as JSON.
 */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import type { GuardedProcess } from './guarded-process.ts';

const what = JSON.parse(process.argv[2] ?? '{}') as GuardedProcess;
const identity = what.userId === undefined ? {} : { uid: what.userId, gid: what.userId };
const child = spawn(what.command, what.arguments, {
  stdio: ['ignore', 'inherit', 'inherit'],
  cwd: what.directory,
  ...identity,
});

let stopping = false;
function stop(): void {
  if (stopping) return;
  stopping = true;
  child.kill(what.stopSignal);
  setTimeout(() => child.kill('SIGKILL'), what.graceMs).unref();
}

process.stdin.on('end', stop).on('close', stop).on('error', stop);
process.stdin.setEncoding('utf8').on('data', (names) => {
  for (const name of String(names).split('\n').filter(Boolean)) child.kill(name as NodeJS.Signals);
});
// A terminal's Ctrl-C reaches the whole process group, but our parent decides when to stop.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
child.on('error', (error) => {
  console.error(`${what.command} could not be started: ${error.message}`);
  process.exit(127);
});
child.on('exit', (code, signal) => {
  if (stopping) for (const folder of what.removeWhenStopped) rmSync(folder, { recursive: true, force: true });
  process.exit(code ?? (signal ? 1 : 0));
});
