import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as client from '../../src/client/index.ts';

export interface Documented {
  /** `method` of a class, or the function's own name. */
  readonly name: string;
  /** What follows `@example` in its doc comment. */
  readonly example: string | null;
}

const comment = String.raw`(?:^ *\/\*\*((?:(?!\*\/)[^])*)\*\/\n)?`;

/** The functions that a source exports. The sources are formatted by Biome, so a pattern reads them. */
export function exportedFunctionsIn(source: string): readonly Documented[] {
  return documented(source, new RegExp(`${comment}^export (?:async )?function (\\w+)`, 'gm'));
}

/** The public methods of a class. */
export function publicMethodsOf(className: string, source: string): readonly Documented[] {
  const [text = ''] = new RegExp(`^export class ${className}\\b[^]*?^}$`, 'm').exec(source) ?? [];
  const methods = documented(text, new RegExp(`${comment}^  (?:async )?\\*?(\\w+)(?=[<(])`, 'gm'));
  return methods.filter(({ name }) => name !== 'constructor');
}

function documented(source: string, pattern: RegExp): readonly Documented[] {
  return [...source.matchAll(pattern)].map(([, text = '', name = '']) => ({ name, example: exampleIn(text) }));
}

function exampleIn(text: string): string | null {
  const plain = text.replace(/^ *\* ?/gm, '');
  const [tag] = plain.split(/^@/m).filter((part) => part.startsWith('example\n'));
  return tag?.slice('example\n'.length).trim() || null;
}

/** Everything that a platform can call, in the order of the sources. */
export function callableByPlatforms(): readonly Documented[] {
  const folder = fileURLToPath(new URL('../../src', import.meta.url));
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(folder, file), 'utf8'));
  const methods = ['Client', 'OwnerHistory', 'OwnerClient'].flatMap((name) =>
    sources.flatMap((source) => publicMethodsOf(name, source)),
  );
  const exported = Object.entries(client).flatMap(([name, value]) =>
    typeof value === 'function' && !String(value).startsWith('class') ? [name] : [],
  );
  const functions = sources.flatMap(exportedFunctionsIn);
  return [
    ...exported.map((name) => functions.find((each) => each.name === name) ?? { name, example: null }),
    ...methods,
  ];
}
