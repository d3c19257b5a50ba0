import { fileURLToPath } from 'node:url';

/** The path of a script in the folder of the module whose address is given: a source here, compiled in the package. */
export function scriptBeside(moduleUrl: string, name: string): string {
  return fileURLToPath(new URL(`${name}${moduleUrl.endsWith('.ts') ? '.ts' : '.js'}`, moduleUrl));
}
