import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, ReplayError, Runtime, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, describe, expect, test } from 'vitest';
import * as workflows from '../../src/workflows/index.ts';
import * as messages from '../../src/workflows/messages.ts';
import { workflowBundle } from '../support/workflow-bundle.ts';
import { type Recorded, recordedHistories } from './recorded.ts';
import { scenes } from './scenes/index.ts';

/**
 * Runs that are under way in the field must go on with today's code: each shape was recorded once and is never recorded
 * anew. What is missing here is recorded by `node test/replay/record.ts`, after a scene was added for it.
 */
const recorded = recordedHistories();
const silent = new DefaultLogger('ERROR');

const tracingOfWorkflows = createRequire(import.meta.url).resolve(
  '@temporalio/interceptors-opentelemetry/lib/workflow-interceptors',
);

const noSpans = { exporter: { export: { fn: () => undefined } } };

let today: { code: string };
let brokenBundle: { code: string };

beforeAll(async () => {
  Runtime.install({ logger: silent, telemetryOptions: { logging: { filter: 'OFF' } } });
  today = await workflowBundle();
  const workflowsPath = fileURLToPath(new URL('broken-workflow.ts', import.meta.url));
  brokenBundle = await bundleWorkflowCode({ workflowsPath, logger: silent });
});

test('every shape is there', () => {
  const names = scenes.flatMap(({ histories }) => histories);
  expect(recorded.map(({ name }) => name).sort()).toEqual([...names].sort());
});

describe('replays', () => {
  const replayed = new Map<string, Error | undefined>();

  // By one worker: to start one costs more than to replay a history.
  beforeAll(async () => {
    for await (const { workflowId, error } of replays(today, recorded)) replayed.set(workflowId, error);
  });

  test.each(recorded)('$name', ({ name }) => {
    expect([...replayed.keys()]).toContain(name);
    if (replayed.get(name)) throw replayed.get(name);
  });
});

test('runs go on when tracing is turned on', async () => {
  const path = fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url));
  const workflowInterceptorModules = [tracingOfWorkflows];
  const traced = await bundleWorkflowCode({ workflowsPath: path, workflowInterceptorModules, logger: silent });
  expect(await unableToReplay(traced, recorded)).toEqual([]);
});

test('a workflow that does something else first is found out', async () => {
  const link = recorded.filter(({ name }) => name === 'link');
  expect(await unableToReplay(brokenBundle, link)).toEqual(['link']);
});

describe('is recorded', () => {
  test.each(Object.keys(workflows))('the workflow %s', (workflow) => {
    expect(recorded.map((one) => one.workflow)).toContain(workflow);
  });

  test.each(messagesOf('update'))('the update %s', (update) => {
    expect(recorded.flatMap((one) => one.updates)).toContain(update);
  });

  test.each(messagesOf('signal'))('the signal %s', (signal) => {
    expect(recorded.flatMap((one) => one.signals)).toContain(signal);
  });
});

/** What differs with a patch must be in histories from both sides of it, or its loss goes unnoticed. */
describe.each(patchesOfToday())('the patch %s', (patch) => {
  const isAfter = (one: Recorded) => one.patches.includes(patch);

  test('is needed by a run that began with it', async () => {
    expect(await isUnableToReplayOneOf(withAnswer(patch, false), recorded.filter(isAfter))).toBe(true);
  });

  test('spares a run that began before it', async () => {
    const before = recorded.filter((one) => !isAfter(one));
    // Those that were recorded for a patch come first: mostly one of them is the first that is unable.
    const isPrevious = ({ name }: Recorded) => Number(name.startsWith('previous-'));
    const sorted = before.toSorted((a, b) => isPrevious(b) - isPrevious(a));
    expect(await isUnableToReplayOneOf(withAnswer(patch, true), sorted)).toBe(true);
  });
});

function messagesOf(type: 'update' | 'signal'): readonly string[] {
  return Object.values(messages).flatMap((message) =>
    typeof message === 'object' && 'type' in message && message.type === type ? [message.name] : [],
  );
}

function patchesOfToday(): readonly string[] {
  const folder = new URL('../../src/workflows/', import.meta.url);
  const sources = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), 'utf8'));
  const asked = sources.flatMap((source) => [...source.matchAll(/\bpatched\((.*?)\)/g)].map(([, id]) => id as string));
  return [...new Set(asked.map((id) => id.replaceAll("'", '')))];
}

/** Today's code without the question for the patch. */
function withAnswer(patch: string, answer: boolean): { code: string } {
  const question = new RegExp(String.raw`\(0,\s*\w+\.patched\)\('${patch}'\)`, 'g');
  const code = today.code.replaceAll(question, String(answer));
  expect(code, `patched('${patch}') in the bundle`).not.toBe(today.code);
  return { code };
}

async function unableToReplay(
  workflowBundle: { code: string },
  histories: readonly Recorded[],
): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const name of namesUnableToReplay(workflowBundle, histories)) names.push(name);
  return names;
}

/** Ends at the first: there are many histories, and for every patch the others would be replayed in vain. */
async function isUnableToReplayOneOf(
  workflowBundle: { code: string },
  histories: readonly Recorded[],
): Promise<boolean> {
  for await (const _ of namesUnableToReplay(workflowBundle, histories)) return true;
  return false;
}

async function* namesUnableToReplay(
  workflowBundle: { code: string },
  histories: readonly Recorded[],
): AsyncGenerator<string> {
  for await (const { workflowId, error } of replays(workflowBundle, histories)) {
    const isUnable = error instanceof DeterminismViolationError || error instanceof ReplayError;
    if (error !== undefined && !isUnable) throw error;
    if (error !== undefined) yield workflowId;
  }
}

function replays(workflowBundle: { code: string }, histories: readonly Recorded[]) {
  const named = histories.map(({ name, history }) => ({ workflowId: name, history }));
  return Worker.runReplayHistories({ workflowBundle, sinks: noSpans }, named);
}
