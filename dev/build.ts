/** `npm run build`: what the image and the platforms that import the client run by, in dist/. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, globSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { billOfMaterials } from './bill-of-materials.ts';
import { bundleWorkflows } from './workflow-bundle.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));
const dist = join(repository, 'dist');
const bundleFile = join(dist, 'workflow-bundle.js');

/** Every cached workflow holds what the bundle loads; a library that crept into it shows here first. The SDK is most of it; the English texts are 45 kB. */
const bundleLimit = 2.1 * 2 ** 20;

/** The second package's: what starts a worker for a test. */
const workerDist = join(repository, 'worker/dist');

for (const folder of [dist, workerDist]) rmSync(folder, { recursive: true, force: true });
compile('tsconfig.build.json');
compile('dev/tsconfig.worker.json');
copyData();
makeExecutable(join(dist, 'src/cli/command-line.js'));
const bundleSize = await writeBundle();
writeBillOfMaterials();

console.log(`  dist/src, sandbox      ${inKilobytes(sizeOf('**/*.js') - bundleSize)}`);
console.log(`  declarations           ${inKilobytes(sizeOf('**/*.d.ts'))}`);
console.log(`  workflow bundle        ${inKilobytes(bundleSize)} of at most ${inKilobytes(bundleLimit)}`);
if (bundleSize > bundleLimit) {
  console.error('The workflow bundle is too large: something is imported by a workflow that does not belong there.');
  process.exit(1);
}

function compile(project: string): void {
  const require = createRequire(import.meta.url);
  const compiler = require.resolve('typescript/package.json').replace('package.json', 'bin/tsc');
  const { status } = spawnSync(process.execPath, [compiler, '--project', join(repository, project)], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(1);
}

/** The compiler leaves behind what it does not understand. */
function copyData(): void {
  for (const name of globSync('{src,sandbox}/**/{*.json,assets/*}', { cwd: repository })) {
    cpSync(join(repository, name), join(dist, name));
  }
  cpSync(join(repository, 'dev/temporal-cli'), join(workerDist, 'dev/temporal-cli'), { recursive: true });
}

function makeExecutable(file: string): void {
  if (!readFileSync(file, 'utf8').startsWith('#!')) throw new Error(`${file} has lost its first line.`);
  chmodSync(file, 0o755);
}

async function writeBundle(): Promise<number> {
  const code = await bundleWorkflows();
  // Beside the worker in the image; in its package where it is installed, because a client alone does not need it.
  for (const file of [bundleFile, join(workerDist, 'workflow-bundle.cjs')]) writeFileSync(file, code);
  return Buffer.byteLength(code);
}

function writeBillOfMaterials(): void {
  const { bill, licences } = billOfMaterials(repository, 'bitmart-sync');
  writeFileSync(join(dist, 'sbom.cdx.json'), bill);
  writeFileSync(join(dist, 'licences.txt'), licences);
}

function sizeOf(pattern: string): number {
  return globSync(pattern, { cwd: dist }).reduce((sum, name) => sum + statSync(join(dist, name)).size, 0);
}

function inKilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1_000)} kB`;
}
