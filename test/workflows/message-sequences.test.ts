import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SyncAnswer, WorkflowView } from '../../src/workflows/messages.ts';
import { syncStatus } from '../../src/workflows/search-attribute-keys.ts';
import { AccountModel, type Fate } from '../support/account-model.ts';
import { type ClockedWorkflow, type Message, openClockedWorkflows } from '../support/clocked-workflow.ts';

/**
 * The real workflow with a clock of our own: every message, in every order and at every moment, and whichever
 * activity fails, it agrees with the database and the search attributes afterwards, and it reads what is to be read.
 */
let workflows: Awaited<ReturnType<typeof openClockedWorkflows>>;
beforeAll(async () => {
  workflows = await openClockedWorkflows();
});
afterAll(() => workflows.close());

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const startMs = Date.UTC(2026, 10, 1);
const range = { stream: 'spot-trades', from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };

const messages = ['pause', 'resume', 'link', 'unlink', 'merge', 'range', 'sync', 'signal'] as const;
type Name = (typeof messages)[number];

/** `npm run sequences` sends every pair at every moment. `npm test` has time for every third one: each pair at two moments or more. */
const isWhole = process.env.SEQUENCES !== undefined;
function afterwards(first: Name, moment: number): readonly Name[] {
  return messages.filter((_, place) => isWhole || (messages.indexOf(first) + place + moment) % 3 === 0);
}

/** An account's workflow, its database, and what was sent. */
class Scene {
  readonly model = new AccountModel();
  readonly sent: { readonly name: Name; readonly message: Message }[] = [];
  workflow: ClockedWorkflow;
  #keys = 0;

  constructor(atMs = startMs) {
    this.workflow = this.#start(atMs);
  }

  #start(atMs: number): ClockedWorkflow {
    const input = { accountId: this.model.accountId };
    const begin = this.model.begin.bind(this.model);
    return workflows.start({ type: 'linkedAccount', input, begin }, atMs);
  }

  get nowMs(): number {
    return this.workflow.nowMs;
  }

  send(name: Name): void {
    const { workflow } = this;
    const isLink = name === 'link';
    // A link starts a workflow that has ended, and so does the starter of a worker; to others the client says that there is none.
    if (workflow.isClosed && !isLink) return;
    if (isLink && this.model.mergeOutcome === 'merged' && !this.model.exists) return;
    if (isLink) this.model.storeCandidate(`key-${++this.#keys}`);
    if (workflow.isClosed) this.workflow = this.#start(this.nowMs);
    const args: Readonly<Record<Exclude<Name, 'signal'>, readonly unknown[]>> = {
      pause: [],
      resume: [],
      link: [{ keyId: `key-${this.#keys}`, purpose: 'link' }],
      unlink: [{ erase: false }],
      merge: [{ into: 'other' }],
      range: [range],
      sync: [{}],
    };
    if (name === 'signal') this.workflow.signal('syncNow');
    else {
      const message = this.workflow.update(name === 'range' ? 'syncRange' : name, ...args[name]);
      this.sent.push({ name, message });
    }
  }

  run(forMs: number, isReached?: () => boolean): Promise<void> {
    return this.workflow.runUntil(this.nowMs + forMs, isReached);
  }

  async view(): Promise<WorkflowView> {
    return (await this.workflow.query('view')) as WorkflowView;
  }

  /** Everything is answered and carried out; then the three agree, and the account is read, or is not. */
  async settle(): Promise<void> {
    const { model } = this;
    model.fateOf = () => ({ durationMs: 200 });
    await this.run(30 * minuteMs);
    expect(this.workflow.unanswered).toBe(0);
    await this.#agree();
    await this.workflow.replay();
    this.#neverTwoReaders();
    this.#syncsWereSyncs();
    this.#lastCommandCounts();
    if (!model.shouldRun) return;
    if (!model.keyWorks) {
      model.keyWorks = true;
      await this.run(7 * hourMs);
    }
    await this.#readsUnlessPaused();
    this.send('resume');
    this.send('sync');
    await this.run(5 * minuteMs);
    // A run that ends leaves its callers to the next one, and the client asks again.
    if ((this.sent.at(-1)?.message.result as SyncAnswer | undefined)?.outcome === 'under-way') {
      this.send('sync');
      await this.run(5 * minuteMs);
    }
    expect(this.sent.at(-1)?.message.result).toMatchObject({ outcome: 'synced', status: 'live' });
    await this.#agree();
  }

  async #agree(): Promise<void> {
    const { model, workflow } = this;
    if (!model.shouldRun) {
      expect(workflow.isClosed, `ended; the database says ${model.status}`).toBe(true);
      return;
    }
    expect(workflow.isClosed, 'a linked account has its workflow').toBe(false);
    const { status } = await this.view();
    expect({ workflow: status, shown: workflow.attributes.get(syncStatus) }).toEqual({
      workflow: model.status,
      shown: model.status,
    });
  }

  async #readsUnlessPaused(): Promise<void> {
    const { model } = this;
    const before = model.reads.length;
    await this.run(2.5 * hourMs);
    if (model.paused) expect(model.reads.length).toBe(before);
    else expect(model.reads.length).toBeGreaterThan(before + 1);
    await this.#agree();
  }

  #neverTwoReaders(): void {
    const { reads } = this.model;
    for (const [place, read] of reads.entries()) {
      for (const other of reads.slice(0, place)) {
        const isOver = other.endedMs !== null && other.endedMs <= read.beganMs;
        const sharesStream = other.streams.some((stream) => read.streams.includes(stream));
        expect(isOver || !sharesStream, 'two readers of one stream').toBe(true);
      }
    }
  }

  /** `synced` says that a sync which began after the call has ended. */
  #syncsWereSyncs(): void {
    for (const { name, message } of this.sent) {
      const { sentMs, answeredMs, result } = message;
      if (name !== 'sync' || (result as SyncAnswer | undefined)?.outcome !== 'synced') continue;
      const sync = this.model.reads.find(
        ({ beganMs, endedMs, isWhole }) =>
          isWhole && beganMs >= sentMs && endedMs !== null && endedMs <= (answeredMs as number),
      );
      expect(sync, 'a sync that began after the call').toBeDefined();
    }
  }

  /** Of pauses and resumes that all succeeded the last one counts. */
  #lastCommandCounts(): void {
    const commands = this.sent.filter(({ name }) => ['pause', 'resume', 'unlink', 'merge'].includes(name));
    if (commands.some(({ message }) => message.failure !== null)) return;
    const [last] = commands.toSorted((a, b) => (b.message.answeredMs ?? 0) - (a.message.answeredMs ?? 0));
    const isTie = commands.filter(({ message }) => message.answeredMs === last?.message.answeredMs).length > 1;
    if (last === undefined || isTie || (last.name !== 'pause' && last.name !== 'resume')) return;
    if (this.model.shouldRun) expect(this.model.paused, `${last.name} came last`).toBe(last.name === 'pause');
  }
}

async function live(): Promise<Scene> {
  const scene = new Scene();
  await scene.run(minuteMs);
  expect(await scene.view()).toMatchObject({ status: 'live', activity: 'idle' });
  return scene;
}

test('an account is read for a month, and its runs replay', async () => {
  const scene = await live();
  for (let day = 0; day < 30; day += 5) {
    await scene.run(5 * 24 * hourMs);
    await scene.workflow.replay();
  }
  expect(scene.model.reads.length).toBeGreaterThan(700);
  expect(scene.workflow.runs).toBeLessThan(70);
  await scene.settle();
});

test('a paused account that is unlinked in Postgres only, and linked again before its workflow has ended, is read', async () => {
  const scene = await live();
  const { model } = scene;
  scene.send('pause');
  await scene.run(minuteMs);
  model.unlink();
  scene.send('link');
  const before = model.reads.length;
  await scene.run(3 * hourMs);
  expect(model.reads.length).toBeGreaterThan(before + 1);
  expect(await scene.view()).toMatchObject({ status: 'live' });
  expect(model).toMatchObject({ status: 'live', paused: false });
  await scene.workflow.replay();
});

/** Where an account is when a message comes. */
const moments: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  idle: async () => undefined,
  'while a chunk is read': async (scene) => {
    await scene.run(2 * hourMs, () => isReading(scene));
  },
  'while a key is checked': async (scene) => {
    scene.send('link');
    await scene.run(50);
    expect(scene.workflow.working).toBe(1);
  },
  'while it is paused': async (scene) => {
    scene.send('pause');
    await scene.run(minuteMs);
  },
  'while its key is refused': async (scene) => {
    scene.model.keyWorks = false;
    await scene.run(2 * hourMs, () => scene.model.status === 'needs-attention');
    await scene.run(minuteMs);
  },
  'in its first read': async (scene) => {
    Object.assign(scene, new Scene());
    scene.model.isBackfilled = false;
    scene.model.fateOf = slowly;
    await scene.run(minuteMs, () => isReading(scene));
  },
  'in the last task of a run': async (scene) => {
    const { runs } = scene.workflow;
    await scene.run(24 * hourMs, () => scene.model.reads.length % 12 === 0 && isReading(scene));
    expect(scene.workflow.runs).toBe(runs);
    const last = scene.model.reads.length;
    await scene.run(4_990);
    expect(scene.model.reads).toHaveLength(last);
    scene.workflow.arriving = ['syncNow'];
  },
};

const slowly = (activity: string): Fate => ({ durationMs: activity === 'syncHistory' ? 5_000 : 200 });
const isReading = ({ model }: Scene) => model.reads.at(-1)?.endedMs === null;

for (const [place, [moment, come]] of Object.entries(moments).entries()) {
  test.each(messages)(`${moment}: %s, with other messages behind it or beside it`, async (first) => {
    for (const second of afterwards(first, place)) {
      for (const betweenMs of [0, 80]) {
        const scene = await live();
        scene.model.fateOf = slowly;
        await come(scene);
        scene.send(first);
        if (betweenMs > 0) await scene.run(betweenMs);
        scene.send(second);
        await scene.settle().catch((error) => {
          throw new Error(`${moment}: ${first}, ${betweenMs} ms later ${second}: ${error.message}`);
        });
        await scene.workflow.close();
      }
    }
  });
}

test.each(messages)('%s whose activity fails, before or after it has written, and other messages', async (first) => {
  for (const [place, fails] of (['before', 'after'] as const).entries()) {
    for (const second of afterwards(first, place)) {
      for (const betweenMs of [0, 80]) {
        const scene = await live();
        let calls = 0;
        scene.model.fateOf = (activity) =>
          activity !== 'syncHistory' && calls++ === 0 ? { durationMs: 1_000, fails } : slowly(activity);
        scene.send(first);
        if (betweenMs > 0) await scene.run(betweenMs);
        scene.send(second);
        await scene.settle().catch((error) => {
          throw new Error(`${first} failing ${fails}, ${betweenMs} ms later ${second}: ${error.message}`);
        });
        await scene.workflow.close();
      }
    }
  }
});

const pause = fc.constantFrom(0, 1, 40, 150, 250, 1_200, 4_000, 60_000, hourMs, 11 * hourMs);
const step = fc.record({ name: fc.constantFrom(...messages), pauseMs: pause });
const fates = fc.array(
  fc.record({
    durationMs: fc.constantFrom(1, 200, 900, 5_000, 60_000),
    fails: fc.constantFrom<(Fate['fails'] | null)[]>(null, null, null, null, 'before', 'after'),
  }),
  { minLength: 1, maxLength: 12 },
);
const plan = fc.record({
  steps: fc.array(step, { minLength: 2, maxLength: 12 }),
  fates,
  isBackfilled: fc.boolean(),
  keyFails: fc.boolean(),
  mergeOutcome: fc.constantFrom<('refused' | 'merged')[]>('refused', 'refused', 'refused', 'merged'),
  arriving: fc.boolean(),
});

/** As many as npm test has time for; `npm run sequences` draws more. */
const sequences = Number(process.env.SEQUENCES ?? 16);

test(`${sequences} drawn sequences of messages, with activities that take their time and fail`, async () => {
  await fc.assert(
    fc.asyncProperty(plan, async ({ steps, fates: drawn, isBackfilled, keyFails, mergeOutcome, arriving }) => {
      const scene = new Scene();
      const { model } = scene;
      Object.assign(model, { isBackfilled, mergeOutcome });
      let calls = 0;
      model.fateOf = () => {
        const { durationMs, fails } = drawn[calls++ % drawn.length] as (typeof drawn)[number];
        return fails === null ? { durationMs } : { durationMs, fails };
      };
      for (const [place, { name, pauseMs }] of steps.entries()) {
        if (arriving) scene.workflow.arriving = ['syncNow'];
        if (place === 2) model.keyWorks = !keyFails;
        scene.send(name);
        if (pauseMs > 0) await scene.run(pauseMs);
      }
      await scene.settle();
      await scene.workflow.close();
    }),
    { numRuns: sequences, seed: process.env.SEED ? Number(process.env.SEED) : 15 },
  );
});
