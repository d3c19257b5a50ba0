import type { SystemOptions } from '../support/system.ts';
import type { Runbook } from './runbook.ts';
import type { Scene } from './scene.ts';
import type { Sign } from './sign.ts';

/** An operational failure: it must be visible, and following its runbook entry alone must fix it. */
export interface Incident {
  readonly name: string;
  /** Where it is not as in life: what was condensed, and how. */
  readonly condensed?: string;
  /** Heading of its entry in docs/runbook.md. */
  readonly runbook: string;
  prepare(): Promise<Prepared>;
}

export interface Prepared {
  readonly system?: SystemOptions;
  /** Lets it go wrong in a scene in which everything is well. */
  stage(scene: Scene): Promise<Staged>;
  /** After the scene is closed. */
  close?(): Promise<void>;
}

export interface Staged {
  /** What shows it: every one of them has to. */
  readonly signs: readonly Sign[];
  /** Does what the entry says, and nothing else. */
  fix(runbook: Runbook): Promise<void>;
  /** Before the scene is closed. */
  close?(): void;
}
