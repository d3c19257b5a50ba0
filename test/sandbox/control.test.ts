import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { baseMs, dayMs, opened } from './opened.ts';
import { SigningClient } from './signing-client.ts';

interface Reply {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers of any shape are looked at
  readonly body: any;
}

async function control(url: string, method: string, path: string, body?: object | string): Promise<Reply> {
  const text = typeof body === 'object' ? JSON.stringify(body) : body;
  const answer = await fetch(`${url}/_sandbox/${path}`, { method, ...(text !== undefined && { body: text }) });
  return { status: answer.status, body: await answer.json() };
}

test('another process opens accounts, adds and changes records, and reads the truth', async () => {
  const { url } = await opened();
  const berta = (await control(url, 'POST', 'accounts', { name: 'berta' })).body;
  const client = new SigningClient(url, berta);
  const row = `{"apply_time":${baseMs},"status":1,"withdraw_id":"77","odd":9007199254740993}`;
  const added = await control(url, 'POST', 'rows', `{"account":"berta","stream":"withdrawals","rows":[${row}]}`);
  expect(added.body[0]).toMatchObject({ stream: 'withdrawals', id: '77', timeMs: baseMs });
  expect(added.body[0].servedText).toContain('"odd":9007199254740993');
  await control(url, 'POST', 'change', { account: 'berta', stream: 'withdrawals', id: '77', fields: { status: 3 } });
  const { records } = (await client.movements({ startTime: baseMs - 1, endTime: baseMs + 1 })).body.data;
  expect(records).toMatchObject([{ withdraw_id: '77', status: 3 }]);
  expect((await control(url, 'POST', 'generate', { account: 'berta', spotTrades: 5 })).body).toEqual({
    'spot-trades': 5,
  });
  expect((await control(url, 'POST', 'captured', { account: 'berta' })).body).toHaveLength(7);
  expect((await control(url, 'GET', 'truth?account=berta')).body).toHaveLength(13);
  const served = (await control(url, 'GET', 'served?account=berta')).body;
  expect(served.find((one: { id: string }) => one.id === '77').servedTo).toHaveProperty(berta.apiKey);
});

test('another process turns switches, lets things go wrong, handles keys, and sees what was asked', async () => {
  const { url, client, account } = await opened();
  const changed = await control(url, 'POST', 'switches', { order: 'shuffled' });
  expect(changed.body).toMatchObject({ order: 'shuffled', includesEnd: true });
  const { id } = (await control(url, 'POST', 'faults', { fault: 'maintenance' })).body;
  expect((await client.get('/account/v1/wallet')).body.code).toBe(30016);
  await control(url, 'DELETE', `faults?id=${id}`);
  expect((await client.get('/account/v1/wallet')).body.code).toBe(1000);
  await control(url, 'POST', 'faults', { fault: 'reset' });
  await control(url, 'DELETE', 'faults');
  await control(url, 'PATCH', 'keys', { apiKey: account.apiKey, status: 'frozen' });
  expect((await client.get('/account/v1/wallet')).body.code).toBe(30003);
  const second = (await control(url, 'POST', 'keys', { account: 'anna' })).body;
  expect((await new SigningClient(url, second).get('/account/v1/wallet')).body.code).toBe(1000);
  await control(url, 'DELETE', `keys?apiKey=${second.apiKey}`);
  expect((await new SigningClient(url, second).get('/account/v1/wallet')).body.code).toBe(30002);
  const counts = (await control(url, 'GET', 'counts')).body;
  expect(counts.byEndpoint['/account/v1/wallet']).toEqual({ maintenance: 1, ok: 2, 30002: 1, 30003: 1 });
  expect((await control(url, 'GET', 'log')).body).toHaveLength(5);
});

test('what makes no sense is answered with the reason', async () => {
  const { url } = await opened();
  for (const [method, path, body, words] of [
    ['POST', 'nonsense', {}, 'GET truth'],
    ['GET', 'truth?account=nobody', undefined, 'nobody'],
    ['POST', 'rows', { account: 'anna', stream: 'orders', rows: [] }, 'spot-trades'],
    ['POST', 'rows', { account: 'anna', stream: 'deposits', rows: [{}] }, 'apply_time'],
    ['POST', 'faults', { fault: 'earthquake' }, 'clock-wrong'],
    ['POST', 'switches', '{"order"', 'JSON'],
  ] as const) {
    const reported = await control(url, method, path, body);
    expect(reported.status).toBeGreaterThanOrEqual(400);
    expect(reported.body.error).toContain(words);
  }
});

/** The command in a process of its own, as it prints itself. */
async function command(...options: string[]) {
  const code = `import { runSandboxCommand } from './sandbox/server.ts'; await runSandboxCommand(process.argv.slice(1));`;
  const args = ['--input-type=module', '--eval', code, '--', '--port', '0', '--json', ...options];
  const running = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void running.kill('SIGKILL'));
  const exited = once(running, 'exit');
  const printed = await Promise.race([once(running.stdout, 'data'), once(running.stderr, 'data')]);
  return { running, exited, printed: String(printed[0]) };
}

test('the command prints where it listens and what to link, serves, and ends when it is interrupted', async () => {
  const { running, exited, printed } = await command('--records', '100');
  const { url, account, credentials } = JSON.parse(printed);
  const reported = await new SigningClient(url, credentials).get('/uapi-key/v1/account/info');
  expect(reported.body.success).toBe(true);
  expect((await control(url, 'GET', `truth?account=${account}`)).body).toHaveLength(100);
  running.kill('SIGTERM');
  expect((await exited)[0]).toBe(0);
});

test('the command takes a reach for all or for one stream, an edge, and an account that has been idle', async () => {
  const options = ['--reach', '30', '--reach', 'futures-trades=270', '--reach', 'deposits=none'];
  const idle = ['--days', '170', '--idle-days', '100', '--records', '200'];
  const { printed } = await command(...options, '--beyond-reach', '40011', ...idle);
  const { url, account } = JSON.parse(printed);
  expect((await control(url, 'GET', 'switches')).body).toMatchObject({
    tradesReachMs: 30 * dayMs,
    movementsReachMs: 30 * dayMs,
    reachMs: { 'futures-trades': 270 * dayMs, deposits: null },
    beyondReach: { code: 40011 },
  });
  const truth: { timeMs: number }[] = (await control(url, 'GET', `truth?account=${account}`)).body;
  const ages = truth.map((row) => (Date.now() - row.timeMs) / dayMs);
  expect(Math.min(...ages)).toBeGreaterThan(100);
  expect(Math.max(...ages)).toBeGreaterThan(260);
  expect(Math.max(...ages)).toBeLessThan(271);
});

test.each([
  ['--reach', 'orders=20', 'no stream'],
  ['--reach', 'soon', 'whole number'],
  ['--beyond-reach', 'silent', 'empty, error or a code'],
])('the command refuses %s %s', async (option, value, words) => {
  const { exited, printed } = await command(option, value);
  expect(printed).toContain(words);
  expect((await exited)[0]).not.toBe(0);
});
