import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before } from 'node:test';
import { promisify } from 'node:util';
import { cell } from './cell.mts';
import { inNode } from './inNode.mts';
import { inPages } from './inPages.mts';
import { type Project, projectWith, versionIn } from './project.mts';
import { typed } from './typed.mts';

const run = promisify(execFile);
const SAVE = `
  const { GatedSAE } = require('gated-sae-tfjs');
  const { fileSystem } = require('gated-sae-tfjs/node');
  require('@tensorflow/tfjs');
  new GatedSAE({ inputDim: 32, encodingDim: 128, seed: 1 }).save(fileSystem('saved'));`;

/** Everything that is tried with one version of tfjs, in a project that has it installed. */
export function withTfjs(version: string): void {
  const column = `tfjs ${version}`;
  let made: Project | undefined;
  const project = (): Project => made as Project;

  before(async () => {
    const packages = ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'];
    made = await projectWith(...packages.map((name) => `${name}@${version}`));
    await run(process.execPath, ['--eval', SAVE], { cwd: made.folder });
  });
  after(async () => {
    await made?.remove();
  });

  cell('one copy of tfjs-core', column, async () => {
    assert.deepEqual(project().copiesOfTfjs(), ['node_modules/@tensorflow/tfjs-core']);
    assert.equal(await versionIn(project(), '@tensorflow/tfjs-core'), version);
  });
  inNode(column, project);
  typed(column, project);
  inPages(column, project);
}
