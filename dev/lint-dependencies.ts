/** Part of `npm run lint`: dependencies point one way. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { violationsIn } from './dependencies.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));
const files = globSync(['src/**/*.ts', 'sandbox/**/*.ts'], { cwd: repository }).toSorted();
const violations = files.flatMap((file) => violationsIn(file, readFileSync(join(repository, file), 'utf8')));
for (const violation of violations) console.error(violation);
if (violations.length > 0) process.exit(1);
console.log(`The dependencies of ${files.length} files point the right way.`);
