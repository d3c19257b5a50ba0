import { readFileSync } from 'node:fs';

/** Secret settings, each of which may be in a file, as Docker and Kubernetes mount them. */
const names = ['DATABASE_URL', 'WEBHOOK_SECRET', 'TEMPORAL_API_KEY'] as const;

/** Reads each `NAME_FILE` into `NAME`. Answers with everything that is wrong with them. */
export function readSecretFiles(env: NodeJS.ProcessEnv): readonly string[] {
  const problems: string[] = [];
  for (const name of names) {
    const file = env[`${name}_FILE`];
    if (!file) continue;
    if (env[name]) problems.push(`${name} and ${name}_FILE are both set: keep one`);
    else {
      try {
        env[name] = readFileSync(file, 'utf8').trimEnd();
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
        problems.push(`${name}_FILE names "${file}", which can't be read (${code})`);
      }
    }
  }
  return problems;
}
