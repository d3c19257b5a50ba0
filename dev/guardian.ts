/**
 * Runs one child process for as long as whoever started us lives, however that ends: our standard input is a pipe from
 * there, and its end means that nobody is left to stop the child.
 *
 * Started with one argument, a GuardedProcess as JSON.
 */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import type { GuardedProcess } from './guarded-process.ts';

const told = JSON.parse(process.argv[2] ?? '{}') as GuardedProcess;
const identity = told.userId === undefined ? {} : { uid: told.userId, gid: told.userId };
const child = spawn(told.command, told.arguments, {
  stdio: ['ignore', 'inherit', 'inherit'],
  cwd: told.directory,
  ...identity,
});

let stopping = false;
function stop(): void {
  if (stopping) return;
  stopping = true;
  child.kill(told.stopSignal);
  setTimeout(() => child.kill('SIGKILL'), told.graceMs).unref();
}

process.stdin.on('end', stop).on('close', stop).on('error', stop);
process.stdin.setEncoding('utf8').on('data', (names) => {
  for (const name of String(names).split('\n').filter(Boolean)) child.kill(name as NodeJS.Signals);
});
// A terminal's Ctrl-C reaches the whole group: the one who started us decides when to stop.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
child.on('error', (error) => {
  console.error(`${told.command} could not be started: ${error.message}`);
  process.exit(127);
});
child.on('exit', (code, signal) => {
  if (stopping) for (const folder of told.removeWhenStopped) rmSync(folder, { recursive: true, force: true });
  process.exit(code ?? (signal ? 1 : 0));
});
