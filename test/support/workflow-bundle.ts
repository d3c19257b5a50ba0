import { readFileSync } from 'node:fs';
import { bundleWorkflows } from '../../dev/workflow-bundle.ts';

/** Today's workflows, as `npm test` has bundled them for all files. */
export async function workflowBundle(): Promise<{ readonly code: string }> {
  const file = process.env.TEST_WORKFLOW_BUNDLE;
  return { code: file === undefined ? await bundleWorkflows() : readFileSync(file, 'utf8') };
}
