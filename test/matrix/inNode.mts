import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../package/packed.mts';
import { cell } from './cell.mts';
import { NODES, nodeOf, withNode } from './nodes.mts';
import type { Project } from './project.mts';

const run = promisify(execFile);
const KERAS_FILE = join(root, 'test/io/keras/fixtures/keras-3.15/gsae_trained.keras');

/** An ES module, a CommonJS module and the command line, on every Node. */
export function inNode(column: string, project: () => Project): void {
  for (const version of NODES) {
    for (const script of ['module.mjs', 'common.cjs']) {
      cell(`Node ${version}: ${script}`, column, async () => {
        const node = await nodeOf(version);
        const { folder } = project();
        const { stdout, stderr } = await run(node, [script, KERAS_FILE], { cwd: folder });
        const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as object;
        const wrong = Object.entries(result).filter(([, is]) => is !== true);
        assert.deepEqual(wrong, []);
        assert.doesNotMatch(stderr, /gated-sae/);
        assert.ok(Object.keys(result).length >= 8);
      });
    }
    cell(`Node ${version}: npx gated-sae`, column, async () => {
      const env = withNode(await nodeOf(version));
      const { folder } = project();
      const sae = (...args: string[]) =>
        run('npx', ['--no-install', 'gated-sae', ...args], { cwd: folder, env });
      assert.match(
        (await run('node', ['--version'], { env })).stdout,
        new RegExp(`^v${version}\\.`),
      );
      assert.match((await sae('--help')).stdout, /convert[\s\S]*inspect/);
      assert.match((await sae('inspect', KERAS_FILE)).stdout, /GatedSAE/);
      const out = await mkdtemp(join(tmpdir(), 'gated-sae-converted-'));
      try {
        await sae('convert', KERAS_FILE, join(out, 'model'));
        await sae('convert', join(out, 'model'), join(out, 'again.keras'));
        assert.match((await sae('inspect', join(out, 'again.keras'))).stdout, /GatedSAE/);
      } finally {
        await rm(out, { recursive: true, force: true });
      }
    });
  }
}
