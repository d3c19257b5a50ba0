import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

export const root = resolve(import.meta.dirname, '../..');

/** A folder for the sources of one mutant. Beside the installed packages, so that it finds them. */
export function mutantFolder(): string {
  const folder = join(root, 'node_modules/.cache/mutants');
  mkdirSync(folder, { recursive: true });
  return mkdtempSync(join(folder, 'mutant-'));
}

/** Writes a module that imports everything else from the sources, and answers with its address. */
export function mutatedModule(folder: string, file: string, source: string): string {
  const here = dirname(join(root, file));
  const absolute = source.replace(
    /from '(\.[^']+)'/g,
    (_, path: string) => `from '${pathToFileURL(join(here, path))}'`,
  );
  const target = join(folder, `${file.replaceAll('/', '-')}.mjs`);
  writeFileSync(target, stripTypeScriptTypes(absolute));
  return pathToFileURL(target).href;
}
