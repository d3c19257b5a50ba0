import { posix } from 'node:path';
import { type DependencyRule, dependencyRules } from './dependency-rules.ts';

export interface Dependency {
  readonly specifier: string;
  readonly line: number;
  readonly onlyTypes: boolean;
}

/** Everything that a source imports or exports again, also where it does so later with `import()`. */
export function dependenciesOf(source: string): readonly Dependency[] {
  const statement = /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\(\s*'([^']+)'/gm;
  return [...source.matchAll(statement)].map((found) => {
    const [, type, named, later] = found;
    const line = source.slice(0, found.index).split('\n').length;
    return { specifier: (named ?? later) as string, line, onlyTypes: type !== undefined };
  });
}

/** One line per import that points the wrong way. Paths are relative to the repository. */
export function violationsIn(file: string, source: string): readonly string[] {
  const rule = ruleOf(file);
  if (rule === null) return [`${file} lies in a folder that dev/dependency-rules.ts does not know.`];
  return dependenciesOf(source)
    .filter((dependency) => !isAllowed(rule, file, dependency))
    .map(({ specifier, line, onlyTypes }) => {
      const what = onlyTypes ? 'types of ' : '';
      return `${file}:${line} imports ${what}${specifier}; ${rule.of} may import ${describe(rule)}.`;
    });
}

function ruleOf(file: string): DependencyRule | null {
  const fitting = dependencyRules.filter((rule) => isWithin(file, rule.of));
  const rule = fitting.toSorted((a, b) => b.of.length - a.of.length)[0] ?? null;
  // A new folder of src is not part of the composition root: it needs its own rule.
  return rule?.of === 'src' && posix.dirname(file) !== 'src' ? null : rule;
}

function isAllowed(rule: DependencyRule, file: string, { specifier, onlyTypes }: Dependency): boolean {
  if (!specifier.startsWith('.')) {
    return rule.packages.some((name) =>
      name.endsWith('*') ? specifier.startsWith(name.slice(0, -1)) : specifier === name,
    );
  }
  const target = posix.join(posix.dirname(file), specifier);
  if (rule.never.some((path) => isWithin(target, path))) return false;
  const reachable = [rule.of, ...rule.modules, ...(onlyTypes ? rule.types : [])];
  return reachable.some((path) => isWithin(target, path));
}

function isWithin(file: string, path: string): boolean {
  return file === path || file.startsWith(`${path}/`);
}

function describe({ modules, types, never, packages }: DependencyRule): string {
  const allowed = [...modules, ...types.map((path) => `types of ${path}`), ...packages];
  const exception = never.length > 0 ? `, never ${never.join(', ')}` : '';
  return `${allowed.length > 0 ? allowed.join(', ') : 'nothing but itself'}${exception}`;
}
