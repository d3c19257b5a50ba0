import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Database } from '../../src/database/index.ts';
import { DatabaseHealth } from '../../src/worker/database-health.ts';
import type { Log } from '../../src/worker/log.ts';

const pool = Object.assign(new EventEmitter(), { totalCount: 4, waitingCount: 0 });
let lines: Record<string, unknown>[];
let counted: string[];
let troubles: DatabaseHealth;

beforeEach(() => {
  vi.useFakeTimers();
  lines = [];
  counted = [];
  pool.waitingCount = 0;
  const line = (fields: object, msg: string) => lines.push({ ...fields, msg });
  troubles = new DatabaseHealth({
    database: { pool } as unknown as Database,
    log: { warn: line, info: line } as unknown as Log,
    onTrouble: (condition) => counted.push(condition),
  });
});
afterEach(() => {
  troubles.stop();
  vi.useRealTimers();
});

const failure = (code: string) => Object.assign(new Error('said'), { code });
const diskFull = failure('53100');

test('a full disk is logged once a minute, and counted each time', () => {
  for (let times = 0; times < 200; times++) troubles.note(diskFull, `account ${times}`);
  expect(lines).toMatchObject([{ condition: 'disk-full', code: '53100', times: 1, reason: 'said' }]);
  vi.advanceTimersByTime(61_000);
  troubles.note(diskFull, 'account 1');
  expect(lines[1]).toMatchObject({ condition: 'disk-full', times: 200 });
  expect(counted).toHaveLength(201);
});

test('a condition lasts until all postponed work is done, whatever else is stored meanwhile', () => {
  troubles.note(diskFull, 'one');
  troubles.note(diskFull, 'two');
  troubles.done('another');
  troubles.done('one');
  expect(troubles.reason).toMatch(/no space left on its disk \(53100\)\. Free space/);
  troubles.done('two');
  expect(troubles.reason).toBeNull();
  expect(lines.at(-1)).toMatchObject({ msg: 'Postgres stores everything again' });
});

test('work that is never retried is forgotten after a while', () => {
  troubles.note(diskFull, 'paused meanwhile');
  vi.advanceTimersByTime(400_000);
  expect(troubles.reason).toBeNull();
});

test('a condition that a health check sees itself is not remembered, and other errors are ignored', () => {
  for (const code of ['40P01', '53300', 'ECONNREFUSED']) troubles.note(failure(code), 'work');
  expect(troubles.reason).toBeNull();
  expect(counted).toEqual(['conflict', 'connections-taken', 'unreachable']);
  expect(troubles.note(failure('23505'), 'work')).toBeNull();
  expect(counted).toHaveLength(3);
});

test('waiting for a connection is reported if none becomes free, and not if it is only slow', () => {
  pool.waitingCount = 7;
  for (let seconds = 0; seconds < 30; seconds++) {
    vi.advanceTimersByTime(1_000);
    pool.emit('acquire');
  }
  expect(lines).toEqual([]);
  vi.advanceTimersByTime(6_000);
  expect(lines).toMatchObject([{ condition: 'pool-exhausted', msg: expect.stringContaining('(4) is in use, with 7') }]);
  vi.advanceTimersByTime(2_000);
  expect(troubles.reason).toContain('DATABASE_CONNECTIONS');
  pool.waitingCount = 0;
  expect(troubles.reason).toBeNull();
});
