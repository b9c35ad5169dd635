/**
 * Real MiniLMs, which PyPI has: read, exposed, and run by onnxruntime-web, transformers.js and Python's
 * onnxruntime.
 *
 * @jest-environment ./test/setup/onnxruntime.cjs
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exposeTensors, listTensors } from '../../src';
import { runOf } from '../io/onnx/runtime';
import {
  difference,
  eachMiniLM,
  floats,
  LAYER,
  laidOut,
  MINILMS,
  type MiniLM,
  WIDTH,
  WITHIN,
} from './minilm';
import { inPeers, withPeers } from './peers';

const laid = laidOut();

/** Its norms: what a transformer's layers hand on, and of fused ones the sums that they are of. */
async function normsOf(model: MiniLM): Promise<string[]> {
  const tensors = await listTensors(laid.pathOf(model));
  return tensors
    .filter(({ op, role }) => /LayerNormalization$/.test(op) && role === 'hidden')
    .map(({ name }) => name);
}

eachMiniLM(
  laid,
  'its tensors are listed, with the shapes that the file says',
  async (model, known) => {
    const tensors = await listTensors(laid.pathOf(model));
    const inputs = tensors.filter(({ role }) => role === 'input');
    expect(new Set(inputs.map(({ name }) => name))).toEqual(new Set(Object.keys(known.inputs)));
    const listed = new Map(tensors.map((tensor) => [tensor.name, tensor]));
    for (const [name, shape] of known.tensors) {
      const tensor = listed.get(name);
      expect(tensor?.role).toBe(known.outputs.includes(name) ? 'output' : 'hidden');
      if (tensor?.shape) expect(tensor.shape.map((axis, i) => axis ?? shape[i])).toEqual(shape);
    }
    // The older exporter says nothing of hidden tensors.
    const says = listed.get(LAYER[model]);
    expect(says?.shape).toEqual(model === 'l3' ? undefined : [null, null, WIDTH]);
    const sums = tensors.filter(({ name }) => name.endsWith(':3'));
    expect(sums).toHaveLength(model === 'l6-fused' ? 12 : 0);
  },
);

eachMiniLM(laid, 'every tensor is as Python’s onnxruntime gives it', async (model, known) => {
  const names = known.tensors.map(([name]) => name);
  const bytes = await exposeTensors(laid.pathOf(model), names);
  const results = await runOf(bytes, known.inputs, names);
  const values = laid.values(model);
  for (const [name, shape] of known.tensors) {
    expect(results[name]?.dims).toEqual(shape);
    expect(difference(floats(results[name]), values.get(name) ?? [])).toBeLessThan(WITHIN[model]);
  }
});

eachMiniLM(
  laid,
  'with its norms exposed its outputs are the same bits, in Python too',
  async (model, known) => {
    const { inputs, outputs } = known;
    const norms = await normsOf(model);
    const original = readFileSync(laid.pathOf(model));
    const bytes = await exposeTensors(laid.pathOf(model), norms);
    expect(bytes.length - original.length).toBeLessThan(2000);
    const plain = await runOf(original, inputs, outputs);
    const results = await runOf(bytes, inputs, [...outputs, ...norms]);
    for (const name of outputs) expect(results[name]?.data).toEqual(plain[name]?.data);

    const folder = join(laid.folder, `${model}-patched`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'model.onnx'), bytes);
    const asked = [...outputs, ...norms.filter((_, i) => i % 4 === 1)];
    const written = asked.map((name) => {
      const { dims = [], data = [] } = results[name] ?? {};
      return [name, { shape: dims, values: Array.from(data, Number) }];
    });
    const unchecked = model.startsWith('l3'); // for it the file says too little
    const file = { file: 'model.onnx', inputs, outputs: Object.fromEntries(written), unchecked };
    writeFileSync(join(folder, 'cases.json'), JSON.stringify([file]));
    const { worst } = JSON.parse(inPeers('make_onnx_files.py', 'check', '--patched', folder));
    const largest = Math.max(...floats(results[LAYER[model]]).map(Math.abs));
    expect(worst / largest).toBeLessThan(WITHIN[model]);
  },
);

interface InTransformers {
  readonly tokens: Record<string, Written64>;
  readonly results: Record<string, Written64>;
  readonly embeddings?: Written64;
}
interface Written64 {
  readonly type: string;
  readonly dims: readonly number[];
  readonly bytes: string;
}

/** What transformers.js makes of the sentences, with the models in some folders. */
function inTransformers(
  models: readonly string[],
  sentences: readonly string[],
): Record<string, InTransformers> {
  const script = join(__dirname, 'minilmRun.mjs');
  const given = JSON.stringify({ folder: laid.folder, models, sentences });
  const options = { encoding: 'utf8', maxBuffer: 2 ** 28 } as const;
  return JSON.parse(execFileSync(process.execPath, [script, given], options));
}

const numbersOf = ({ type, bytes }: Written64): number[] => {
  const { buffer } = Uint8Array.from(Buffer.from(bytes, 'base64'));
  return type === 'int64'
    ? Array.from(new BigInt64Array(buffer), Number)
    : Array.from(new Float32Array(buffer));
};

/** A copy of a model with its norms exposed, for transformers.js. */
async function withNorms(model: MiniLM): Promise<string> {
  const copy = `${model}-exposed`;
  cpSync(join(laid.folder, model), join(laid.folder, copy), {
    recursive: true,
    filter: (path) => !/\.(onnx|f32)$/.test(path),
  });
  const bytes = await exposeTensors(laid.pathOf(model), await normsOf(model));
  writeFileSync(join(laid.folder, copy, 'onnx', 'model.onnx'), bytes);
  return copy;
}

withPeers(
  'transformers.js embeds as before, and gives what is hidden beside it',
  async () => {
    const { sentences, inputs } = laid.known('l6');
    const copies = new Map<MiniLM, string>();
    for (const model of MINILMS) copies.set(model, await withNorms(model));
    const found = inTransformers([...MINILMS, ...copies.values()], sentences);
    for (const [model, copy] of copies) {
      const [before, now] = [found[model], found[copy]] as [InTransformers, InTransformers];
      for (const [name, { values }] of Object.entries(inputs)) {
        expect(numbersOf(now.tokens[name] as Written64)).toEqual(values); // by its own tokenizer
      }
      expect(now.results).toMatchObject(before.results);
      expect(now.embeddings).toEqual(before.embeddings);
      const values = laid.values(model);
      for (const name of await normsOf(model)) {
        const hidden = numbersOf(now.results[name] as Written64);
        expect(difference(hidden, values.get(name) ?? [])).toBeLessThan(WITHIN[model]);
      }
    }
    // What is said twice in other words is closer than anything else.
    const rows = numbersOf(found['l6']?.embeddings as Written64);
    const row = (i: number) => rows.slice(i * WIDTH, (i + 1) * WIDTH);
    const cosine = (i: number, j: number) =>
      row(i).reduce((sum, value, k) => sum + value * (row(j)[k] as number), 0);
    expect(cosine(0, 1)).toBeGreaterThan(0.5);
    expect(cosine(0, 2)).toBeLessThan(0.2);
  },
  180_000,
);
