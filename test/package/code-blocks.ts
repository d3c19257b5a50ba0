export interface CodeBlock {
  readonly language: string;
  readonly code: string;
}

/** The fenced blocks of a document, in its order. */
export function codeBlocksOf(markdown: string): readonly CodeBlock[] {
  return [...markdown.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', code = '']) => ({ language, code }));
}

/**
 * A module that runs pieces of code one after the other, each in a scope of its own, behind what they take for granted.
 * Imports may only be at the top of a module, so they move there; what several pieces import is imported once.
 */
export function programOf(given: string, pieces: readonly string[]): string {
  const imports = /^import .*;$/gm;
  const all = [given, ...pieces];
  const imported = new Map<string, Set<string>>();
  for (const [statement] of all.flatMap((code) => [...code.matchAll(imports)])) {
    const [, names = '', from = ''] = /^import \{ (.*) \} from '(.*)';$/.exec(statement) ?? [];
    const known = imported.get(from) ?? new Set();
    for (const name of names.split(', ')) known.add(name);
    imported.set(from, known);
  }
  const [first = '', ...rest] = all.map((code) => code.replace(imports, '').trim());
  return [
    ...[...imported].map(([from, names]) => `import { ${[...names].join(', ')} } from '${from}';`),
    first,
    ...rest.map((code) => `await (async () => {\n${code}\n})();`),
  ].join('\n\n');
}
