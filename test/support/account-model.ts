import type { Activities, KeyCheckResult, SyncResult } from '../../src/activities/contract.ts';
import { nothingRead } from '../../src/workflows/range-answer.ts';
import type { Work } from './clocked-workflow.ts';
import { keyCheck, syncResult } from './mocked-account.ts';

type Request<Name extends keyof Activities> = Parameters<Activities[Name]>[0];

/** How an activity goes: a failure may come before what it writes or after it, as when its answer is lost. */
export interface Fate {
  readonly durationMs: number;
  readonly fails?: 'before' | 'after' | undefined;
}

export interface Read {
  readonly streams: readonly string[];
  readonly beganMs: number;
  endedMs: number | null;
  isWhole: boolean;
}

const intervalMs = 3_600_000;

/**
 * Postgres and the exchange as one account sees them, by the rules of src/database: what activities answer, and what they
 * leave. Whatever the workflow believes must agree with it in the end.
 */
export class AccountModel {
  readonly accountId = 'account';
  exists = true;
  linked = true;
  unlinked = false;
  paused = false;
  status = 'checking';
  command = 0;
  /** The exchange takes the key in use. */
  keyWorks = true;
  isBackfilled = true;
  candidates = new Set<string>();
  hasKey = true;
  /** What a merge will say. */
  mergeOutcome: 'refused' | 'merged' = 'refused';
  readonly reads: Read[] = [];
  nowMs = 0;
  fateOf: (activity: string) => Fate = () => ({ durationMs: 200 });
  nextSyncMs = (nowMs: number) => nowMs + intervalMs;
  keyLookMs = 86_400_000;

  get shouldRun(): boolean {
    return this.exists && this.linked && !this.unlinked;
  }

  storeCandidate(keyId: string): void {
    if (!this.exists)
      Object.assign(this, { exists: true, linked: false, unlinked: false, command: 0, status: 'checking' });
    if (this.status === 'unlinked') this.status = 'checking';
    this.candidates.add(keyId);
  }

  /** As a client does in Postgres, also where no worker is there to inform the workflow. */
  unlink(command = this.command + 1): void {
    this.#loseKeys();
    Object.assign(this, { unlinked: true, paused: false, status: 'unlinked', command });
  }

  begin(activity: string, request: never, nowMs: number): Work {
    const fate = this.fateOf(activity);
    const read = this.#readOf(activity, request, nowMs);
    const writes = this.#writes as unknown as Readonly<
      Record<string, (request: unknown, read: Read | null) => unknown>
    >;
    const write = writes[activity];
    if (write === undefined) throw new Error(`The model knows no activity ${activity}.`);
    return {
      durationMs: fate.durationMs,
      finish: () => {
        this.nowMs = nowMs + fate.durationMs;
        if (read) read.endedMs = this.nowMs;
        if (fate.fails === 'before') throw new Error('It failed.');
        const result = write(request, read);
        if (fate.fails === 'after') throw new Error('Its answer was lost.');
        return result;
      },
      cancelled: (atMs) => {
        if (read) read.endedMs = atMs;
      },
    };
  }

  /** Two readers of one stream would take the fence from each other. */
  #readOf(activity: string, request: never, nowMs: number): Read | null {
    if (activity !== 'syncHistory' && activity !== 'readRange') return null;
    const { streams, stream } = request as { readonly streams?: readonly string[]; readonly stream?: string };
    const read: Read = { streams: streams ?? [stream as string], beganMs: nowMs, endedMs: null, isWhole: false };
    this.reads.push(read);
    return read;
  }

  readonly #writes = {
    checkKey: ({ keyId }: Request<'checkKey'>): KeyCheckResult => this.#checkKey(keyId),
    syncHistory: (request: Request<'syncHistory'>, read: Read): SyncResult => this.#sync(request, read),
    readRange: () => ({ ...nothingRead, next: null }),
    noteExpiry: () => ({ historyAtRiskAt: null }),
    saveStatus: ({ status, paused, command = 0 }: Request<'saveStatus'>): void => {
      if (!this.exists || this.status === 'unlinked' || command < this.command) return;
      Object.assign(this, { status, paused, command });
    },
    unlinkAccount: ({ erase, command = 0 }: Request<'unlinkAccount'>): void => {
      if (!this.exists || this.command >= command) return;
      this.unlink(command);
      if (erase) this.exists = false;
    },
    mergeAccounts: () => {
      if (this.mergeOutcome === 'refused' || !this.exists)
        return { outcome: 'refused', reason: 'gone', message: 'No.' };
      this.#loseKeys();
      this.exists = false;
      return { outcome: 'merged', accountId: 'other', moved: 1, dropped: 0, conflicts: 0 };
    },
  };

  #loseKeys(): void {
    this.candidates.clear();
    this.hasKey = false;
  }

  #checkKey(keyId: string | null): KeyCheckResult {
    const isCandidate = keyId === null ? this.candidates.size > 0 : this.candidates.has(keyId);
    const subject = isCandidate ? 'candidate' : 'key-in-use';
    const common = () =>
      ({
        keyId: keyId ?? 'key',
        linked: this.shouldRun,
        paused: this.paused,
        status: this.status as KeyCheckResult['status'],
        everythingReadThrough: this.isBackfilled,
        subject,
        lookAgainMs: this.keyLookMs,
      }) as const;
    if (!this.exists) return keyCheck(this.accountId, { ...common(), outcome: 'gone', status: 'unlinked' });
    if (isCandidate) {
      this.candidates.clear();
      Object.assign(this, { linked: true, unlinked: false, hasKey: true, keyWorks: true });
      this.#setStatus(this.isBackfilled ? 'live' : 'backfilling');
      return keyCheck(this.accountId, common());
    }
    if (keyId !== null || !this.hasKey)
      return keyCheck(this.accountId, { ...common(), outcome: 'nothing', subject: 'candidate' });
    if (this.keyWorks) {
      this.#setStatus(this.isBackfilled ? 'live' : 'backfilling');
      return keyCheck(this.accountId, common());
    }
    this.status = this.paused ? 'paused' : 'needs-attention';
    return keyCheck(this.accountId, { ...common(), outcome: 'refused' });
  }

  #sync({ streams }: Request<'syncHistory'>, read: Read): SyncResult {
    const nextSyncAt = new Date(this.nextSyncMs(this.nowMs)).toISOString();
    const candidateWaiting = this.candidates.size > 0;
    const shared = {
      streams: [],
      nextSyncAt,
      candidateWaiting,
      everythingReadThrough: this.isBackfilled,
      lanes: undefined,
    };
    if (!this.hasKey) return without({ ...syncResult(), ...shared, done: false, key: 'missing' });
    if (!this.keyWorks) return without({ ...syncResult(), ...shared, done: false, key: 'refused' });
    this.isBackfilled = true;
    read.isWhole = true;
    const completeThrough = new Date(this.nowMs).toISOString();
    const historyAtRiskAt = new Date(this.nowMs + 89 * 86_400_000).toISOString();
    this.#setStatus('live');
    return without({
      ...syncResult(),
      ...shared,
      everythingReadThrough: true,
      completeThrough,
      historyAtRiskAt,
      streams: streams.map(progress),
    });
  }

  /** Only a resume ends a pause, and only a link an unlink. */
  #setStatus(status: string): void {
    if (this.shouldRun) this.status = this.paused ? 'paused' : status;
  }
}

function progress(stream: string) {
  return { stream, rows: 1, from: null, through: null, gaps: 0 };
}

function without({ lanes: _, ...result }: Omit<SyncResult, 'lanes'> & { readonly lanes?: undefined }): SyncResult {
  return result;
}
