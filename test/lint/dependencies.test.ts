import { describe, expect, it } from 'vitest';
import { dependenciesOf, violationsIn } from '../../dev/dependencies.ts';

describe('what a source depends on', () => {
  it('is found in every way to import', () => {
    const source = [
      "import 'node:fs';",
      "import type { A } from './a.ts';",
      'import {',
      '  b,',
      "} from '../b.ts';",
      "export * from './c.ts';",
      "const d = await import('./d.ts');",
    ].join('\n');
    expect(dependenciesOf(source)).toEqual([
      { specifier: 'node:fs', line: 1, onlyTypes: false },
      { specifier: './a.ts', line: 2, onlyTypes: true },
      { specifier: '../b.ts', line: 3, onlyTypes: false },
      { specifier: './c.ts', line: 6, onlyTypes: false },
      { specifier: './d.ts', line: 7, onlyTypes: false },
    ]);
  });

  it('is not what looks like an import in a text', () => {
    expect(dependenciesOf("export const from = 'x';\nexport type From = 'y';\n")).toEqual([]);
  });
});

describe('dependencies point one way', () => {
  const wrong: readonly [file: string, statement: string][] = [
    ['src/workflows/linked-account.ts', "import { createActivities } from '../activities/index.ts';"],
    ['src/workflows/linked-account.ts', "import { name } from '../activities/contract.ts';"],
    ['src/workflows/next-step.ts', "import { z } from 'zod';"],
    ['src/workflows/next-step.ts', "import { createHash } from 'node:crypto';"],
    ['src/workflows/next-step.ts', "import type { Database } from '../database/index.ts';"],
    ['src/history/read.ts', "import { readFile } from 'node:fs/promises';"],
    ['src/history/read.ts', "import type { ApplicationFailure } from '@temporalio/common';"],
    ['src/history/read.ts', "import { limits } from '../bitmart/limits.ts';"],
    ['src/bitmart/streams/movements.ts', "import type { Database } from '../../database/index.ts';"],
    ['src/database/keys.ts', "import { sealCredentials } from '../credentials/seal.ts';"],
    ['src/database/keys.ts', "import { workflowType } from '../workflows/messages.ts';"],
    ['src/activities/check-key.ts', "import { createExchange } from '../bitmart/index.ts';"],
    ['src/client/link.ts', "import { createOpener } from '../credentials/open.ts';"],
    ['src/cli/commands/installation.ts', "const { createOpener } = await import('../../credentials/open.ts');"],
    ['src/client/client.ts', "import type { Output } from '../cli/output.ts';"],
    ['src/client/client.ts', "import { Command } from 'commander';"],
    ['src/report/report-page.ts', "import type { StoredAccount } from '../client/stored-accounts.ts';"],
    ['src/client/client.ts', "export * from '../workflows/linked-account.ts';"],
    ['src/config.ts', "import { freePort } from '../dev/free-port.ts';"],
    ['src/worker.ts', "import { startServer } from '../sandbox/server.ts';"],
    ['sandbox/server.ts', "import { sign } from '../src/bitmart/signature.ts';"],
  ];
  it.each(wrong)('%s must not say %s', (file, statement) => {
    expect(violationsIn(file, statement)).toEqual([expect.stringContaining(`${file}:1 imports`)]);
  });

  const right: readonly [file: string, statement: string][] = [
    ['src/workflows/linked-account.ts', "import type { Activities } from '../activities/contract.ts';"],
    ['src/workflows/linked-account.ts', "import { dueTime } from '../history/due-time.ts';"],
    ['src/activities/index.ts', "import type { Exchange } from '../bitmart/index.ts';"],
    ['src/client/link.ts', "import { sealCredentials } from '../credentials/seal.ts';"],
    ['src/cli/commands/account.ts', "import type { MergeAnswer } from '../../client/merge.ts';"],
    ['src/worker.ts', "import { openDatabase } from './database/index.ts';"],
    ['sandbox/server.ts', "import { createServer } from 'node:http';"],
  ];
  it.each(right)('%s may say %s', (file, statement) => {
    expect(violationsIn(file, statement)).toEqual([]);
  });

  it('a new folder of src needs a rule', () => {
    expect(violationsIn('src/tools/index.ts', '')).toEqual([expect.stringContaining('dev/dependency-rules.ts')]);
  });
});
