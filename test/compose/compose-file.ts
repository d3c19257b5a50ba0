import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
}

export interface Service {
  readonly image: string;
  readonly build?: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  /** Null: taken from the environment of the starting process. */
  readonly environment?: Readonly<Record<string, string | number | null>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly ports?: readonly string[];
  readonly restart?: string;
  readonly profiles?: readonly string[];
  readonly secrets?: readonly string[];
  readonly networks?: readonly string[];
  readonly mem_limit?: string;
  readonly pids_limit?: number;
  readonly volumes?: readonly string[];
}

export const repository = fileURLToPath(new URL('../..', import.meta.url));

export function readComposeFile(): ComposeFile {
  return parse(readFileSync(`${repository}/docker-compose.yml`, 'utf8'), { merge: true });
}

/** What Compose makes of `${NAME:?why}` and `${NAME:-default}`, and of a doubled dollar sign. */
export function interpolate(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(
    /\$\$|\$\{([A-Z_]+)(?::([?-])([^}]*))?\}/g,
    (all, name?: string, kind?: string, rest?: string) => {
      if (name === undefined) return '$';
      const value = values[name];
      if (value) return value;
      if (kind === '-') return rest ?? '';
      throw new Error(`${all} has no value`);
    },
  );
}

/** The environment of a service as its container sees it. */
export function environmentOf(
  service: Service,
  values: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const given = Object.entries(service.environment ?? {}).filter(([name, value]) => value !== null || values[name]);
  return Object.fromEntries(given.map(([name, value]) => [name, interpolate(String(value ?? values[name]), values)]));
}
