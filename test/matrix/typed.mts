import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../package/packed.mts';
import { cell } from './cell.mts';
import type { Project } from './project.mts';

const run = promisify(execFile);
const tsc = join(root, 'node_modules/typescript/bin/tsc');
const COMMON = [
  '--noEmit',
  '--strict',
  '--target',
  'es2022',
  '--lib',
  'es2022,dom',
  '--skipLibCheck',
];

/** How people's projects find modules: each with the file's name that makes it so. */
const WAYS = {
  bundler: { file: 'typed.ts', options: ['--module', 'esnext', '--moduleResolution', 'bundler'] },
  'node16, ES module': { file: 'typed.mts', options: ['--module', 'node16'] },
  'node16, CommonJS': { file: 'typed.cts', options: ['--module', 'node16'] },
} as const;

/** A TypeScript project, however it finds modules. */
export function typed(column: string, project: () => Project): void {
  for (const [way, { file, options }] of Object.entries(WAYS)) {
    cell(`TypeScript: ${way}`, column, async () => {
      const { folder } = project();
      if (file !== 'typed.ts') await cp(join(folder, 'typed.ts'), join(folder, file));
      const args = [tsc, ...COMMON, ...options, file];
      await run(process.execPath, args, { cwd: folder }).catch((error: { stdout: string }) => {
        throw new Error(error.stdout);
      });
    });
  }
}
