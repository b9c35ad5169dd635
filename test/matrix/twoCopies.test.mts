import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { promisify } from 'node:util';
import { cell } from './cell.mts';
import { install, type Project, projectWith } from './project.mts';

const run = promisify(execFile);
const COLUMN = 'two tfjs';
const WARNING = /expected one copy of @tensorflow\/tfjs-core; there are two, and ours is 4\.10\.0/;
let project: Project;

before(async () => {
  project = await projectWith('@tensorflow/tfjs@4.22.0');
  const other = join(project.folder, 'other');
  await mkdir(other);
  await writeFile(join(other, 'package.json'), '{"private": true}');
  install(other, ['@tensorflow/tfjs-core@4.10.0', '@tensorflow/tfjs-layers@4.10.0']);
  await cp(join(other, 'node_modules'), project.installed('node_modules'), { recursive: true });
});
after(async () => {
  await project?.remove();
});

cell('a second copy of tfjs-core is told of', COLUMN, async () => {
  assert.equal(project.copiesOfTfjs().length, 2);
  const script = `
    require('@tensorflow/tfjs');
    const { GatedSAE } = require('gated-sae-tfjs');
    new GatedSAE({ inputDim: 4, encodingDim: 8 });`;
  const { stderr } = await run(process.execPath, ['--eval', script], { cwd: project.folder });
  assert.match(stderr, WARNING);
  assert.equal(stderr.match(/expected one copy/g)?.length, 1);
});
