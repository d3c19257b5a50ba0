import type { Client } from '../client/client.ts';
import type { OwnerClient } from '../client/owner-client.ts';
import type { ExitStatus } from './exit-status.ts';
import type { Output } from './output.ts';

/** One run of the command line: what a command needs of its surroundings. */
export interface Invocation {
  readonly output: Output;
  readonly stdin: NodeJS.ReadStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
  readonly hasOwner: boolean;
  /** The owner of `--owner`; fails as wrong usage when none is given. */
  ownerId(): string;
  /** Made from the environment when first needed, closed when the command ends. */
  client(): Promise<Client>;
  /** The client narrowed to the owner of `--owner`. */
  owner(): Promise<OwnerClient>;
}

/** Wraps a command's work so that its exit status is remembered. */
export type RunCommand = <Args extends unknown[]>(
  work: (invocation: Invocation, ...args: Args) => Promise<ExitStatus>,
) => (...args: Args) => Promise<void>;
