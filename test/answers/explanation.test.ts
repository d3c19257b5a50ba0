import { describe, expect, test } from 'vitest';
import { type Explanation, explain } from '../../src/answers/explanation/explanation.ts';
import type { WorkflowSight } from '../../src/answers/explanation/finding.ts';
import { shellWord } from '../../src/answers/explanation/words.ts';
import type { AnswerProblem, GapReason, Status, StreamCoverage } from '../../src/answers/index.ts';
import { answerProblem } from '../../src/answers/problem.ts';
import { streams } from '../../src/bitmart/streams/index.ts';
import { knownTimetable } from '../../src/bitmart/timetable.ts';
import type { ProblemCode } from '../../src/history/failure.ts';
import { gapReasons } from '../../src/history/gap.ts';
import { historyStartMs } from '../../src/history/settings.ts';
import { describeProblem } from '../../src/problems/describe-problem.ts';
import { accountStatuses } from '../../src/workflows/messages.ts';

const dayMs = 86_400_000;
const nowMs = Date.UTC(2026, 10, 24, 12);
const ago = (days: number) => new Date(nowMs - days * dayMs).toISOString();
const timetable = knownTimetable;

function problem(data: Parameters<typeof describeProblem>[0]): AnswerProblem {
  return answerProblem(describeProblem(data));
}

const { platformEndMs } = timetable;

function stream(name: string, more: Partial<StreamCoverage> = {}): StreamCoverage {
  return {
    stream: name as StreamCoverage['stream'],
    rows: 10,
    complete: true,
    from: ago(80),
    through: ago(0.01),
    settledThrough: ago(1),
    covered: [[ago(80), ago(0.01)]],
    gaps: [],
    atRiskAt: new Date(platformEndMs).toISOString(),
    lastReadAt: ago(0.01),
    servedBack: ago(80),
    requestedAt: ago(80),
    ...more,
  };
}

function statusOf(more: Partial<Status> = {}): Status {
  return {
    accountId: 'abc',
    ownerId: 'alice',
    label: 'Mine',
    subAccount: null,
    names: [],
    keyExpiresAt: null,
    readOnly: true,
    status: 'live',
    problems: [],
    nextSyncAt: ago(-0.03),
    historyAtRiskAt: new Date(platformEndMs).toISOString(),
    complete: true,
    unreadable: [],
    balances: null,
    streams: streams.map(({ name }) => stream(name)),
    ...more,
  };
}

function explained(status: Status, workflow: WorkflowSight | null = 'running'): Explanation {
  return explain(status, { nowMs, streams, timetable, workflow });
}

const codes: readonly ProblemCode[] = [
  'wrong-key',
  'wrong-secret-or-memo',
  'ip-not-allowed',
  'key-expired',
  'key-expires-soon',
  'key-frozen',
  'no-permission',
  'key-can-withdraw',
  'key-can-trade',
  'account-restricted',
  'different-account',
  'same-account',
  'sub-account-needs-own-key',
  'clock',
  'unexpected-answer',
  'fills-missing',
  'exchange-unreachable',
  'exchange-closed',
];

function withGap(reason: GapReason, days: readonly [number, number] = [20, 10]): StreamCoverage {
  const gaps = [{ from: ago(days[0]), to: ago(days[1]), reason }];
  const complete = reason === 'expired-before-link' || reason === 'reach-unknown';
  return stream('spot-trades', { gaps, complete });
}

test('nothing wrong is said plainly, with the date until which nothing can be lost', () => {
  const { complete, findings, summary } = explained(statusOf());
  expect({ complete, findings }).toEqual({ complete: true, findings: [] });
  expect(summary).toBe(
    'Complete through 2026-11-24 11:45 UTC: every record that BitMart served since linking is stored. If nothing were read from now on, the first record would be lost after 2027-01-31 15:59 UTC (in 68 d).',
  );
});

test('nothing is asked of the user of a closed account, nor is it said to be read again', () => {
  const unread = stream('deposits', { through: null, covered: [], complete: false, atRiskAt: null });
  for (const reason of gapReasons) {
    const closed = statusOf({ status: 'closed', historyAtRiskAt: null, streams: [withGap(reason), unread] });
    for (const { cause, remedy, command, atRiskAt } of explained(closed).findings) {
      expect({ cause, command, atRiskAt }).toEqual({ cause, command: null, atRiskAt: null });
      expect(remedy ?? '', cause).not.toMatch(/next sync|requested again|To request|Read Only|Find out/);
    }
  }
});

describe('every gap reason × status × problem', () => {
  const cases = gapReasons.flatMap((reason) =>
    accountStatuses.flatMap((status) => [null, ...codes].map((code) => ({ reason, status, code }))),
  );
  test(`${cases.length} combinations: a sentence with its cause, a command that names the account, no contradiction`, () => {
    for (const { reason, status, code } of cases) {
      const problems: AnswerProblem[] = code === null ? [] : [problem({ code })];
      const explanation = explained(statusOf({ status, problems, streams: [withGap(reason)] }));
      const what = `${reason}, ${status}, ${code}`;
      const causes = explanation.findings.map(({ cause }) => cause);
      expect(causes, what).toContain(reason);
      if (code !== null) expect(causes, what).toContain(code);
      const isMissing = !['expired-before-link', 'reach-unknown', 'not-opened'].includes(reason);
      if (isMissing) expect(explanation.complete, what).toBe(false);
      for (const { sentence, command, remedy, severity } of explanation.findings) {
        expect(sentence, what).toMatch(/^[a-zA-Z].*\.$/);
        expect(sentence, what).not.toMatch(/undefined|null|NaN|Invalid/);
        if (command !== null) expect(command, what).toMatch(/^bitmart-sync (doctor|--owner alice (link|[a-z]+ abc\b))/);
        // Each error says what to do about it.
        if (severity === 'error') expect(remedy, what).not.toBeNull();
      }
      expect(explanation.summary, what).toMatch(explanation.complete ? /^(Complete|Nothing)/ : /^Not complete/);
    }
  });
});

test.each([
  ['wrong-key', 'rotate abc'],
  ['key-frozen', 'rotate abc'],
  ['ip-not-allowed', 'sync abc'],
  ['account-restricted', 'sync abc'],
  ['same-account', 'merge abc OLDER'],
  ['sub-account-needs-own-key', 'link'],
  ['unexpected-answer', 'coverage abc --evidence'],
  ['fills-missing', 'sync abc'],
] as const)('%s is fixed by %s', (code, command) => {
  const status = statusOf({ status: 'needs-attention', problems: [problem({ code })] });
  expect(explained(status).findings[0]?.command).toBe(`bitmart-sync --owner alice ${command}`);
});

test('the two accounts of a pair are merged by one command, the newer one into the older one', () => {
  const commandOf = (accountId: string, facts: AnswerProblem['facts']) =>
    explained(statusOf({ accountId, problems: [problem({ code: 'same-account', facts })] })).findings[0]?.command;
  const command = 'bitmart-sync --owner alice merge newer older';
  expect(commandOf('newer', { otherAccountId: 'older', isOtherOlder: true })).toBe(command);
  expect(commandOf('older', { otherAccountId: 'newer', isOtherOlder: false })).toBe(command);
});

describe('no command is offered that the account refuses', () => {
  const days = [40, 30] as const;

  test.each(['paused', 'needs-attention', 'unlinked'] as const)('%s: what needs a sync waits for it', (status) => {
    const remedies = (['too-dense', 'quarantined', 'unexpected-answer', 'unanswered'] as const).map((reason) => {
      const { findings } = explained(statusOf({ status, streams: [withGap(reason, days)] }));
      const found = findings.find(({ cause }) => cause === reason);
      expect(found?.command, reason).toBeNull();
      return found?.remedy;
    });
    expect(remedies).toEqual([
      expect.stringMatching(/It can be requested again once the account is read\.$/),
      expect.stringMatching(/It can be requested again once the account is read\.$/),
      expect.stringMatching(/^It is requested again once the account is read\./),
      expect.stringMatching(/^It is requested again once the account is read\./),
    ]);
  });

  test('needs-attention: a warning about the account does not hide that it is not read', () => {
    const problems = [problem({ code: 'same-account' })];
    const streams = [withGap('too-dense', days)];
    const { findings } = explained(statusOf({ status: 'needs-attention', problems, streams }));
    expect(findings.find(({ cause }) => cause === 'too-dense')?.command).toBeNull();
  });

  test.each(['paused', 'closed', 'unlinked'] as const)('%s: no `sync` for a problem', (status) => {
    for (const code of codes) {
      const { findings } = explained(statusOf({ status, problems: [problem({ code })] }));
      for (const { command } of findings) expect(command ?? '', code).not.toMatch(/ sync /);
    }
  });

  test('closed: no new key', () => {
    const { findings } = explained(statusOf({ status: 'closed', problems: [problem({ code: 'key-frozen' })] }));
    expect(findings.map(({ command }) => command)).toEqual([null, null]);
  });

  test('paused, and without its workflow: it is resumed', () => {
    const { findings } = explained(statusOf({ status: 'paused' }), 'no-workflow');
    expect(findings.map(({ command }) => command)).toEqual(Array(2).fill('bitmart-sync --owner alice resume abc'));
  });
});

test('a closed account is not said to be read completely where gaps are left', () => {
  const sentenceOf = (more: Partial<Status>) =>
    explained(statusOf({ status: 'closed', ...more })).findings.find(({ cause }) => cause === 'closed')?.sentence;
  expect(sentenceOf({})).toBe('It is closed: BitMart has ended, and nothing more is read.');
  const left = 'It is closed: BitMart has ended, and nothing more is read. Its gaps say what was not read.';
  expect(sentenceOf({ complete: false, streams: [withGap('not-yet-read')] })).toBe(left);
  expect(sentenceOf({ unreadable: [{ stream: 'deposits', reason: 'missing-right', right: 'unknown' }] })).toBe(left);
  const { findings } = explained(statusOf({ status: 'closed', complete: false, streams: [withGap('not-yet-read')] }));
  expect(findings.find(({ cause }) => cause === 'not-yet-read')?.remedy).toMatch(/^Nothing is requested any more\./);
});

test.each([
  ['not-yet-read', 'sync abc'],
  ['refused', 'rotate abc'],
  ['too-dense', `sync abc --stream spot-trades --from ${ago(40)} --to ${ago(30)}`],
  ['quarantined', `sync abc --stream spot-trades --from ${ago(40)} --to ${ago(30)}`],
] as const)('a gap %s is fixed by %s while it can still be read', (reason, command) => {
  const [finding] = explained(statusOf({ streams: [withGap(reason, [40, 30])] })).findings;
  expect(finding?.command).toBe(`bitmart-sync --owner alice ${command}`);
  expect(finding?.atRiskAt).toBe(ago(40 - 89));
});

test.each(['refused', 'too-dense', 'quarantined'] as const)(
  'a gap %s out of reach has no command that fixes it',
  (reason) => {
    const [finding] = explained(statusOf({ streams: [withGap(reason, [100, 95])] })).findings;
    expect(finding).toMatchObject({ severity: 'error', command: null, atRiskAt: null });
    expect(finding?.remedy).toContain('out of reach');
  },
);

test('what is lost soonest comes first, what is lost already after it, warnings and remarks last', () => {
  const status = statusOf({
    problems: [problem({ code: 'key-can-trade' })],
    streams: [
      stream('deposits', { gaps: [{ from: ago(3_000), to: ago(80), reason: 'reach-unknown' }] }),
      stream('spot-trades', { complete: false, gaps: [{ from: ago(88), to: ago(87), reason: 'expired-unread' }] }),
      stream('futures-trades', { complete: false, gaps: [{ from: ago(30), to: ago(20), reason: 'quarantined' }] }),
      stream('withdrawals', { complete: false, gaps: [{ from: ago(85), to: ago(84), reason: 'refused' }] }),
    ],
  });
  const { findings, summary } = explained(status);
  expect(findings.map(({ cause }) => cause)).toEqual([
    'refused',
    'quarantined',
    'expired-unread',
    'key-can-trade',
    'reach-unknown',
  ]);
  expect(summary).toBe(
    'Not complete, for 3 reasons. The first record that can still be read is lost after 2026-11-28 12:00 UTC (in 4 d).',
  );
});

test('a first read under way is not an alarm', () => {
  const streamsRead = [withGap('not-yet-read')];
  const { findings, summary } = explained(statusOf({ status: 'backfilling', streams: streamsRead }));
  expect(findings).toMatchObject([{ cause: 'not-yet-read', command: null }]);
  expect(summary).toContain('No action needed');
});

test('what happened since the last read is not a gap', () => {
  const gaps = [{ from: ago(0.01), to: ago(0), reason: 'not-yet-read' as const }];
  expect(explained(statusOf({ streams: [stream('spot-trades', { gaps })] })).complete).toBe(true);
});

describe('a stream that is not complete although it has no gap that counts', () => {
  const before = { from: new Date(historyStartMs).toISOString(), to: ago(80), reason: 'expired-before-link' } as const;

  test('has nothing vouched for yet', () => {
    const unread = stream('spot-trades', { complete: false, through: null, covered: [] });
    const { findings, complete } = explained(statusOf({ streams: [unread] }));
    expect(complete).toBe(false);
    expect(findings).toMatchObject([{ cause: 'not-yet-read', stream: 'spot-trades' }]);
    expect(findings[0]?.command).toBe('bitmart-sync --owner alice sync abc');
  });

  test('was requested all the same when it had ended before: one notice says what was asked and what came, and offers no sync', () => {
    const late = stream('spot-trades', { complete: false, rows: 0, servedBack: null, gaps: [before] });
    const ended = [{ stream: 'spot-trades', endedAtMs: timetable.spotTradingEndMs }];
    const facts = { ended, requestedFromMs: historyStartMs, platformEndMs };
    const notice = problem({ code: 'exchange-closed', facts });
    expect(notice.severity).toBe('notice');
    const { findings, complete, summary } = explained(statusOf({ streams: [late], problems: [notice] }));
    expect(findings.map(({ cause, severity, command, atRiskAt }) => [cause, severity, command, atRiskAt])).toEqual([
      ['exchange-closed', 'notice', null, null],
      ['expired-before-link', 'notice', null, null],
    ]);
    const said = findings.map(({ sentence, remedy }) => `${sentence} ${remedy}`).join('\n');
    expect(said).toMatch(/requested back to 2017-01-01.*no record came/);
    expect(said).not.toMatch(/not read|read through|sync/);
    expect(complete).toBe(true);
    expect(summary).toMatch(/^Complete through/);
    expect(notice.message).toBe(
      'BitMart ended this before the account was linked: Spot trades (August 26, 2026). It was requested all the same back to January 1, 2017, or to where BitMart refused, and no record came.',
    );
    expect(notice.remedy).toContain('BitMart closes on January 31, 2027');
  });
});

describe('what Temporal says of the workflow', () => {
  test.each([
    ['no-workflow', 'bitmart-sync --owner alice sync abc --no-wait'],
    ['no-worker', 'bitmart-sync doctor'],
    ['temporal-unreachable', 'bitmart-sync doctor'],
  ] as const)('%s: %s', (sight, command) => {
    const { findings, complete } = explained(statusOf(), sight);
    expect(complete).toBe(false);
    expect(findings).toMatchObject([{ cause: sight, command, severity: 'error' }]);
  });

  test('does not matter once the account is unlinked or closed', () => {
    for (const status of ['unlinked', 'closed'] as const) {
      const causes = explained(statusOf({ status }), 'no-workflow').findings.map(({ cause }) => cause);
      expect(causes).toEqual([status]);
    }
  });
});

describe('a sync that did not happen', () => {
  const late = { nextSyncAt: ago(0.1), streams: [stream('spot-trades', { lastReadAt: ago(0.2) })] };
  test('is reported after a while', () => {
    expect(explained(statusOf(late)).findings).toMatchObject([{ cause: 'overdue' }]);
    expect(explained(statusOf({ ...late, nextSyncAt: ago(0.005) })).complete).toBe(true);
    expect(
      explained(statusOf({ ...late, streams: [stream('spot-trades', { lastReadAt: ago(0.001) })] })).complete,
    ).toBe(true);
  });

  test('is not reported beside its cause', () => {
    const away = explained(statusOf({ ...late, problems: [problem({ code: 'exchange-unreachable' })] }));
    expect(away.findings.map(({ cause }) => cause)).toEqual(['exchange-unreachable']);
    expect(explained(statusOf({ ...late, status: 'paused' })).findings.map(({ cause }) => cause)).toEqual(['paused']);
  });
});

test('a stream that the key may not read is reported once, with the user’s remedy', () => {
  const problems = [problem({ code: 'no-permission', stream: 'spot-trades' })];
  const { findings } = explained(statusOf({ problems, streams: [withGap('refused')] }));
  expect(findings).toHaveLength(1);
  expect(findings[0]?.remedy).toContain('Read Only');
});

test.each([
  ['alice', 'alice'],
  ['alice@example.com', 'alice@example.com'],
  ['two words', "'two words'"],
  ["it's; rm -rf $HOME", "'it'\\''s; rm -rf $HOME'"],
  ['', "''"],
])('%s as a word of a shell is %s', (text, word) => expect(shellWord(text)).toBe(word));
