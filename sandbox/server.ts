/** A simulated BitMart over HTTP that owns the truth. It shares no code with what reads it. */

export type { AccountOptions, AddedAccount, SandboxExchange } from './exchange.ts';
export type { FaultName, FaultOptions } from './faults.ts';
export type { GenerateOptions } from './generate.ts';
export type { RecordChoice } from './record-choice.ts';
export { type Sandbox, type SandboxOptions, startSandbox } from './start.ts';
export type { StreamName } from './streams/index.ts';
export type { Edge, RowOrder, Switches } from './switches.ts';
export type { ServedRecord, TrueRow } from './truth.ts';
export type { GivenRow } from './wire-text.ts';

/** Runs the sandbox as a command of its own, until it is interrupted. */
export async function runSandboxCommand(args: readonly string[]): Promise<void> {
  const { runSandboxCommand: run } = await import('./command.ts');
  await run(args);
}
