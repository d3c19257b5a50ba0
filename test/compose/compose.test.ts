import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { interpolate, readComposeFile, repository } from './compose-file.ts';

const file = readComposeFile();
const services = Object.entries(file.services);
const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;

describe('docker-compose.yml', () => {
  it('is what the Compose specification describes', () => {
    // The specification's own schema, as the linter `dclint` carries it.
    const folder = dirname(createRequire(import.meta.url).resolve('dclint/package.json'));
    const { $schema, ...schema } = JSON.parse(readFileSync(join(folder, 'schemas/compose.schema.json'), 'utf8'));
    const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
    expect(validate(file), JSON.stringify(validate.errors, null, 1)).toBe(true);
    expect(validate({ services: { worker: { imagine: 'bitmart-sync' } } }), 'it can fail').toBe(false);
  });

  it.runIf(hasCompose)('is understood by Docker', () => {
    const env = { ...process.env, TEMPORAL_DATABASE_PASSWORD: 'secret' };
    const ended = spawnSync('docker', ['compose', 'config', '--quiet'], { cwd: repository, env, encoding: 'utf8' });
    expect(ended, ended.stderr).toMatchObject({ status: 0 });
  });

  it.each(services)('%s is of a named version, and publishes to this machine alone', (_name, service) => {
    if (service.build === undefined) expect(service.image).toMatch(/:v?\d+(\.\d+)*$/);
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it.each(services)('%s has no password that everybody knows', (_name, service) => {
    for (const [name, value] of Object.entries(service.environment ?? {})) {
      if (/(PASSWORD|PWD)$/.test(name)) expect(() => interpolate(String(value), {}), name).toThrow('has no value');
      if (/:\/\//.test(String(value))) expect(() => interpolate(String(value), {}), name).toThrow('has no value');
    }
  });

  it.each(services)('%s waits for what can become ready, and is started again', (_name, service) => {
    for (const [name, { condition }] of Object.entries(service.depends_on ?? {})) {
      const awaited = file.services[name];
      expect(awaited, name).toBeDefined();
      if (condition === 'service_healthy') expect(awaited?.healthcheck, name).toBeDefined();
      else expect([condition, awaited?.restart], name).toEqual(['service_completed_successfully', 'on-failure']);
    }
    if (service.profiles === undefined) expect(service.restart).toMatch(/^(unless-stopped|on-failure)$/);
  });

  it('keeps the history, the state of Temporal and the metrics in volumes with names', () => {
    const mounted = services.flatMap(([, service]) => service.volumes ?? []).filter((mount) => !mount.startsWith('./'));
    // Since 18 the image of Postgres keeps its data one level below this folder.
    const folderOf = (name: string) => (name === 'metrics' ? '/prometheus' : '/var/lib/postgresql');
    expect(mounted).toEqual(Object.keys(file.volumes).map((name) => `${name}:${folderOf(name)}`));
  });

  it('mounts of this repository only what exists, and never to be written to', () => {
    const mounts = services.flatMap(([, service]) => service.volumes ?? []).filter((mount) => mount.startsWith('./'));
    for (const mount of mounts) {
      const [path, , mode] = mount.split(':');
      expect(existsSync(join(repository, path as string)), path).toBe(true);
      expect(mode, mount).toBe('ro');
    }
  });

  it('gives each secret to those alone that need it, as a file, and no password of ours to an environment', () => {
    const holders = (secret: string) =>
      services.filter(([, { secrets }]) => secrets?.includes(secret)).map(([name]) => name);
    expect(Object.keys(file.secrets)).toEqual(['credentials-key', 'database-password', 'database-url']);
    expect(holders('credentials-key')).toEqual(['worker']);
    expect(holders('database-password')).toEqual(['database']);
    expect(holders('database-url')).toEqual(['migrate', 'worker', 'link-page', 'command-line']);
    for (const [name, { environment }] of services.filter(([, { build }]) => build !== undefined)) {
      expect(JSON.stringify(environment), name).not.toMatch(/PASSWORD|PWD|postgres:/);
    }
  });

  it.each(services)(
    '%s has bounds of memory and processes, and is only in networks that it works with',
    (_name, service) => {
      expect(service.mem_limit).toMatch(/^\d+[mg]$/);
      expect(service.pids_limit).toBeGreaterThan(0);
      for (const network of service.networks ?? []) expect(Object.keys(file.networks)).toContain(network);
      expect(service.networks?.length).toBeGreaterThan(0);
    },
  );

  it('keeps the UI, Prometheus and Grafana away from both databases, and Temporal’s own from everything but Temporal', () => {
    const inNetwork = (network: string) =>
      services.filter(([, { networks }]) => networks?.includes(network)).map(([name]) => name);
    expect(inNetwork('history')).toEqual(['database', 'migrate', 'worker', 'link-page', 'command-line']);
    expect(inNetwork('temporal-state')).toEqual(['temporal-database', 'temporal-schema', 'temporal']);
    expect(file.networks['temporal-state']).toEqual({ internal: true });
  });

  it('starts what has no login only when asked: the UI and Grafana', () => {
    const profiles = services.filter(([, service]) => service.profiles).map(([name]) => name);
    expect(profiles).toEqual(['command-line', 'temporal-ui', 'prometheus', 'grafana']);
  });
});
