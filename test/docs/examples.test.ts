/** @jest-environment ./test/setup/onnxruntime.cjs */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import fs from 'node:fs/promises';
import os from 'node:os';
import path, { join, relative } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import ts from 'typescript';
import * as library from '../../src';
import * as node from '../../src/node';

/** onnxruntime-web as Node loads it. */
const { loadReal } = globalThis as unknown as { loadReal: { ort(): unknown } };

/** An example may be the first to load what draws PNGs. */
jest.setTimeout(60_000);

const root = join(__dirname, '..', '..');
/** What examples take for the system's temporary folder: nothing of theirs is to be left in that. */
const temporary = mkdtempSync(join(os.tmpdir(), 'gated-sae-examples-'));
afterAll(() => rmSync(temporary, { recursive: true }));

const modules: Record<string, unknown> = {
  '@tensorflow/tfjs': tf,
  '@tensorflow/tfjs-backend-wasm': {},
  'node:fs/promises': fs,
  'node:os': { ...os, tmpdir: () => temporary },
  'node:path': path,
  'gated-sae-tfjs': library,
  'gated-sae-tfjs/node': node,
};

/** The `ts` code blocks of a file, as they stand in Markdown or behind a docstring's asterisks. */
function examples(file: string): [string, string][] {
  const text = readFileSync(file, 'utf8').replace(/^[ \t]*\* ?/gm, '');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code], i) => [
    `${relative(root, file)}, example ${i + 1}`,
    code as string,
  ]);
}

const files = (folder: string, ending: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => join(root, folder, file));
const all = [
  ...files('src', '.ts'),
  ...files('docs', '.md').filter((file) => !file.includes('docs/site')),
  join(root, 'README.md'),
].flatMap(examples);

test('there are examples', () => {
  expect(all.length).toBeGreaterThan(8);
});

test.each(all)('%s runs', async (_, code) => {
  const log = jest.spyOn(console, 'log').mockImplementation(() => {});
  try {
    const { outputText } = ts.transpileModule(code, {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    });
    const AsyncFunction = (async () => {}).constructor as new (
      ...args: string[]
    ) => (...args: unknown[]) => Promise<void>;
    const run = new AsyncFunction('require', 'exports', outputText);
    await run((name: string) => {
      if (name === 'onnxruntime-web') return loadReal.ort();
      if (name in modules) return modules[name];
      throw new Error(`no example may need ${name}`);
    }, {});
  } finally {
    log.mockRestore();
  }
});

test('what examples write is in a folder that goes with them', () => {
  const written = readdirSync(temporary);
  expect(written).toContain('sae.keras');
  expect(written.filter((name) => name.startsWith('checkpoints-')).length).toBeGreaterThan(2);
});
