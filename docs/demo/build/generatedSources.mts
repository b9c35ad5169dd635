import { execSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Sources of the library that npm scripts make, and the scripts. */
const GENERATED: Readonly<Record<string, string>> = {
  'src/kernels/binary.generated.ts': 'kernels',
  'src/viz/png/packed/1.generated.ts': 'rasterizer',
  'src/viz/dashboard/app.generated.ts': 'dashboard',
};

/** Makes what is not there yet; `npm ci` has made all of it. */
export function makeGeneratedSources(repository: string): void {
  for (const [file, script] of Object.entries(GENERATED)) {
    if (existsSync(join(repository, file))) continue;
    execSync(`npm run --silent ${script}`, { cwd: repository, stdio: 'inherit' });
  }
}
