import { execFileSync } from 'node:child_process';

interface Component {
  readonly name: string;
  readonly group?: string;
  readonly version: string;
  readonly 'bom-ref': string;
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
  readonly licenses?: readonly {
    readonly license?: { readonly id?: string; readonly name?: string };
    readonly expression?: string;
  }[];
}

interface BillOfMaterials {
  readonly metadata: { readonly component: object };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

/** What runs in production, as CycloneDX, and a line for the licence of each. From the lock file, so that it is exact. */
export function billOfMaterials(
  repository: string,
  name: string,
): { readonly bill: string; readonly licences: string } {
  // `--omit dev` loses what development needs as well; so all of it is asked for, and what only development needs goes.
  const made = execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
    cwd: repository,
    maxBuffer: 2 ** 26,
    shell: process.platform === 'win32',
  });
  const all = JSON.parse(made.toString()) as BillOfMaterials;
  const components = all.components.filter((component) => !isForDevelopment(component));
  const own = new Set([...components.map((component) => component['bom-ref']), ownRef(all)]);
  const dependencies = all.dependencies
    .filter(({ ref }) => own.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((other) => own.has(other)) }));
  // npm names it after the folder that it was built in.
  const metadata = { ...all.metadata, component: { ...all.metadata.component, name } };
  return {
    bill: `${JSON.stringify({ ...all, metadata, components, dependencies })}\n`,
    licences: `${components.map(licenceLine).sort().join('\n')}\n`,
  };
}

function ownRef({ metadata }: BillOfMaterials): string {
  return (metadata.component as { readonly 'bom-ref': string })['bom-ref'];
}

function isForDevelopment({ name, properties = [] }: Component): boolean {
  return name === 'bitmart-sync-pinned-node' || properties.some(({ name }) => name === 'cdx:npm:package:development');
}

function licenceLine({ group, name, version, licenses = [] }: Component): string {
  const texts = licenses.map(({ license, expression }) => license?.id ?? license?.name ?? expression ?? 'unknown');
  return `${group ? `${group}/` : ''}${name} ${version}: ${texts.join(', ') || 'unknown'}`;
}
