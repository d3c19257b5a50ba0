import type { Scene } from '../scene.ts';
import { scenesOfAccounts } from './accounts.ts';
import { scenesOfFleets } from './fleets.ts';
import { scenesOfReleases } from './releases.ts';

export const scenes: readonly Scene[] = [...scenesOfAccounts, ...scenesOfFleets, ...scenesOfReleases];
