import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../dev/free-port.ts';
import { generateKeyRing } from '../../src/credentials/key-ring.ts';
import { type FreshDatabase, freshDatabase } from '../support/database.ts';
import { environmentOf, readComposeFile, repository, type Service } from './compose-file.ts';

const run = promisify(execFile);
const { services } = readComposeFile();
const ours = Object.entries(services).filter(([, service]) => service.build !== undefined);

const folder = mkdtempSync(join(tmpdir(), 'bitmart-sync-test-'));
const running: ChildProcess[] = [];
let database: FreshDatabase;
let addresses: Readonly<Record<string, string>>;

beforeAll(async () => {
  const [, buildScript] = /^RUN npm run (\S+)$/m.exec(readFileSync(join(repository, 'Dockerfile'), 'utf8')) ?? [];
  await run('npm', ['run', buildScript as string], { cwd: repository });
  database = await freshDatabase();
  const keyFile = join(folder, 'credentials-key.json');
  const { publicKey, ringFile } = await generateKeyRing();
  writeFileSync(keyFile, ringFile, { mode: 0o600 });
  const urlFile = join(folder, 'database-url');
  writeFileSync(urlFile, `${database.url}\n`, { mode: 0o600 });
  addresses = {
    DATABASE_URL_FILE: urlFile,
    TEMPORAL_ADDRESS: process.env.TEMPORAL_ADDRESS ?? '127.0.0.1:7233',
    TEMPORAL_NAMESPACE: process.env.TEMPORAL_NAMESPACE ?? 'default',
    TASK_QUEUE: `compose-${randomUUID()}`,
    CREDENTIALS_KEY_FILE: keyFile,
    CREDENTIALS_PUBLIC_KEY: publicKey,
    HEALTH_ADDRESS: `127.0.0.1:${await freePort()}`,
    METRICS_ADDRESS: `127.0.0.1:${await freePort()}`,
    LINK_ADDRESS: `127.0.0.1:${await freePort()}`,
  };
});

afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

describe('what docker-compose.yml starts of ours', () => {
  it.each(ours)('%s is in dist after the build of the Dockerfile', (_name, service) => {
    const [node, script] = commandOf(service);
    expect(node).toBe('node');
    expect(existsSync(join(repository, script as string)), script).toBe(true);
  });

  it('the bill of materials and the licences of what runs are in dist, without what only development needs', () => {
    const bill = JSON.parse(readFileSync(join(repository, 'dist/sbom.cdx.json'), 'utf8'));
    expect(bill).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name: 'bitmart-sync' } } });
    const refs: string[] = bill.components.map((component: { 'bom-ref': string }) => component['bom-ref']);
    const { dependencies } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
    for (const [name, version] of Object.entries(dependencies)) expect(refs).toContain(`${name}@${version}`);
    expect(refs.filter((ref) => /^(vitest|typescript|playwright-core)@/.test(ref))).toEqual([]);
    const licences = readFileSync(join(repository, 'dist/licences.txt'), 'utf8').trimEnd().split('\n');
    expect(licences).toHaveLength(refs.length);
    // Nothing that asks us to publish our own source.
    expect(licences.filter((line) => /GPL|unknown/.test(line.replace('unionfs 4.6.0: unknown', '')))).toEqual([]);
  });

  it('the command line answers', async () => {
    const ended = await ending(start(services['command-line'] as Service));
    expect(ended).toMatchObject({ status: 0, output: expect.stringContaining('Usage: bitmart-sync') });
  });

  it('the worker refuses a database that was never migrated, and names the command', async () => {
    const ended = await ending(start(services.worker as Service));
    expect(ended.status).not.toBe(0);
    expect(ended.output).toContain('bitmart-sync migrate');
  });

  it('migrate runs to its end, also a second time', async () => {
    for (let time = 1; time <= 2; time++) {
      const ended = await ending(start(services.migrate as Service));
      expect(ended, ended.output).toMatchObject({ status: 0 });
    }
  });

  it('the worker becomes ready, healthy by its own check, and stops on request', async () => {
    const service = services.worker as Service;
    const worker = start(service);
    await worker.says('worker ready');
    const [, ...check] = healthCheckOf(service);
    await run(process.execPath, check);
    worker.child.kill('SIGTERM');
    const ended = await ending(worker);
    expect(ended, ended.output).toMatchObject({ status: 0 });
  });
});

describe('the connection page that docker-compose.yml starts', () => {
  it('becomes ready once the schema is there, and stops on request', async () => {
    const page = start(services['link-page'] as Service);
    await page.says('link page ready');
    expect((await fetch(`http://${addresses.LINK_ADDRESS}/readyz`)).status).toBe(200);
    page.child.kill('SIGTERM');
    const ended = await ending(page);
    expect(ended, ended.output).toMatchObject({ status: 0 });
  });
});

interface Started {
  readonly child: ChildProcess;
  output(): string;
  says(words: string): Promise<void>;
}

/** Starts a service as its container would, with nothing of our own environment but the path. */
function start(service: Service): Started {
  const [, ...args] = commandOf(service);
  const named = environmentOf(service, {});
  const replaced = Object.entries(addresses).filter(([name]) => name in named || name === 'TASK_QUEUE');
  const child = spawn(process.execPath, args, {
    cwd: repository,
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...named, ...Object.fromEntries(replaced) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
  }
  const says = async (words: string) => {
    while (!text.includes(words)) {
      if (child.exitCode !== null) throw new Error(`It ended without saying "${words}":\n${text}`);
      await sleep(50);
    }
  };
  return { child, output: () => text, says };
}

async function ending(started: Started): Promise<{ status: number | null; output: string }> {
  if (started.child.exitCode === null) await once(started.child, 'close');
  return { status: started.child.exitCode, output: started.output() };
}

function commandOf(service: Service): readonly string[] {
  return [...(service.entrypoint ?? []), ...(service.command ?? [])];
}

function healthCheckOf(service: Service): readonly string[] {
  const [kind, ...command] = service.healthcheck?.test ?? [];
  expect(kind).toBe('CMD');
  const port = (address: unknown) => String(address).split(':')[1] as string;
  return command.map((part) =>
    part.replace(`:${port(service.environment?.HEALTH_ADDRESS)}/`, `:${port(addresses.HEALTH_ADDRESS)}/`),
  );
}
