import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const patches = fileURLToPath(new URL('planted/', import.meta.url));
const copied = ['package.json', 'tsconfig.json', 'src', 'dev', 'sandbox', 'test'] as const;

/** Each defect with a run that brings together what it takes to see it. */
const runs: Readonly<Record<string, Run>> = {
  'endless-range': { seed: 98, seconds: 40, finds: /a range took|lost/ },
  'late-pause': { seed: 9, seconds: 75, finds: /Postgres says paused|paused is true/ },
  'workflow-ends': { seed: 4, seconds: 20, finds: /its workflow is COMPLETED/ },
  'older-key': { seed: 70, seconds: 40, finds: /not the newest/ },
  'late-erasure': { seed: 82, seconds: 75, finds: /no account is/ },
};

interface Run {
  readonly seed: number;
  readonly seconds: number;
  /** How the finding reads. */
  readonly finds: RegExp;
}

/** What is found then stays found: a run without the defect settles within half of it. */
const settleSeconds = 60;

export const plantedDefects = readdirSync(patches)
  .filter((file) => file.endsWith('.patch'))
  .map((file) => file.slice(0, -'.patch'.length));

/** Plants one defect after the other in a copy of the sources; whether each was found. */
export async function findPlanted(names: readonly string[], say: (line: string) => void): Promise<boolean> {
  const missed: string[] = [];
  for (const name of names) {
    const run = runs[name];
    if (run === undefined)
      throw new Error(`There is no run that finds "${name}"; there are ${Object.keys(runs).join(', ')}.`);
    const { status, lines } = await runPlanted(name, [
      ...['--seed', String(run.seed), '--minutes', String(run.seconds / 60)],
      ...['--settle', String(settleSeconds)],
    ]);
    const findings = lines.filter((line) => line.startsWith('finding: ') && run.finds.test(line));
    const isFound = status === 1 && findings.length > 0;
    if (!isFound) missed.push(name);
    say(`${name}: ${isFound ? 'found' : 'MISSED'} (seed ${run.seed})`);
    for (const line of findings.slice(0, 3)) say(`  ${line}`);
    if (!isFound) for (const line of lines) say(`  ${line}`);
  }
  say(missed.length === 0 ? `all ${names.length} planted defects found` : `missed: ${missed.join(', ')}`);
  return missed.length === 0;
}

/** Whether the defect can still be planted: its patch fits the sources. */
export function applies(name: string, folder = repository, ...more: string[]): boolean {
  // Within a repository of its own `git apply` would look at that one's index.
  const env = { ...process.env, GIT_CEILING_DIRECTORIES: tmpdir() };
  return spawnSync('git', ['apply', ...more, join(patches, `${name}.patch`)], { cwd: folder, env }).status === 0;
}

async function runPlanted(name: string, args: readonly string[]) {
  const copy = mkdtempSync(join(tmpdir(), `bitmart-sync-planted-${name}-`));
  try {
    for (const path of copied) cpSync(join(repository, path), join(copy, path), { recursive: true });
    symlinkSync(join(repository, 'node_modules'), join(copy, 'node_modules'));
    if (!applies(name, copy)) throw new Error(`planted/${name}.patch no longer applies to the sources.`);
    const run = spawn(process.execPath, [join(copy, 'test/chaos/run.ts'), ...args], {
      cwd: copy,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    run.stdout.on('data', (text) => {
      output += text;
    });
    const status = await new Promise<number | null>((resolve) => run.on('exit', resolve));
    return { status, lines: output.trimEnd().split('\n') };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
