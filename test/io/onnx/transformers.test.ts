/** @jest-environment ./test/setup/onnxruntime.cjs */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exposeTensors } from '../../../src';
import { BERT, expectedOf, FOLDER, pathOf, type Written } from './fixtures';

/**
 * onnxruntime-web is not loaded here: it and onnxruntime-node, which transformers.js takes in Node, share one
 * list of what computes.
 */
const { loadReal } = globalThis as unknown as {
  loadReal: { transformers(): Promise<Transformers> };
};
const AT = '/bert/encoder/layer.0/output/LayerNorm/LayerNormalization_output_0';

/** What is used here of transformers.js, the real one. */
interface Transformers {
  readonly env: {
    allowRemoteModels: boolean;
    localModelPath: string;
    useFSCache: boolean;
    useCustomCache: boolean;
    customCache: unknown;
  };
  readonly AutoTokenizer: Opener;
  readonly AutoModel: Opener;
  readonly Tensor: new (dtype: string, data: unknown, shape: readonly number[]) => RuntimeTensor;
}
interface RuntimeTensor {
  readonly dims: readonly number[];
  readonly data: ArrayLike<number | bigint>;
}
type Call = (given: unknown) => Promise<Record<string, RuntimeTensor>>;
interface Opener {
  from_pretrained(name: string, options?: object): Promise<Call & { dispose?(): Promise<void> }>;
}

test('transformers.js gives a hidden tensor with the outputs, where its file has been changed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gated-sae-transformers-'));
  try {
    cpSync(join(FOLDER, 'tiny-bert'), join(folder, 'tiny-bert'), { recursive: true });
    const bytes = await exposeTensors(pathOf(BERT), [AT]);
    writeFileSync(join(folder, BERT), bytes);
    const { env, AutoTokenizer, AutoModel, Tensor } = await loadReal.transformers();
    env.allowRemoteModels = false;
    env.localModelPath = folder;
    env.useFSCache = false;
    const tokenizer = await AutoTokenizer.from_pretrained('tiny-bert');
    const model = await AutoModel.from_pretrained('tiny-bert', { dtype: 'fp32' });
    const tokens = await tokenizer('the cat sat on the mat');
    const outputs = await model(tokens);
    expect(Object.keys(outputs).sort()).toEqual([AT, 'last_hidden_state'].sort());
    expect(outputs[AT]?.dims).toEqual([1, 8, 16]);
    // Tokens of which Python's onnxruntime has computed the same.
    const { inputs, hidden } = expectedOf(BERT);
    const given = Object.fromEntries(
      Object.entries(inputs).map(([name, { shape, values }]) => [
        name,
        new Tensor('int64', BigInt64Array.from(values, BigInt), shape),
      ]),
    );
    const found = (await model(given))[AT] as RuntimeTensor;
    const known = hidden[AT] as Written;
    expect(found.dims).toEqual(known.shape);
    const worst = known.values.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - Number(found.data[i]))),
      0,
    );
    expect(worst).toBeLessThan(2e-5);
    await model.dispose?.();
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 60_000);

test('and where a cache of one’s own hands it the bytes, as in a page', async () => {
  const bytes = await exposeTensors(pathOf(BERT), [AT]);
  const { env, AutoModel } = await loadReal.transformers();
  env.allowRemoteModels = false;
  env.localModelPath = FOLDER;
  env.useFSCache = false;
  env.useCustomCache = true;
  let asked = 0;
  env.customCache = {
    match: async (file: string) => {
      if (!`${file}`.endsWith('model.onnx')) return undefined;
      asked++;
      return new Response(bytes);
    },
    put: async () => {},
  };
  try {
    const model = await AutoModel.from_pretrained('tiny-bert', { dtype: 'fp32' });
    const { sessions } = model as unknown as {
      sessions: { model: { outputNames: readonly string[] } };
    };
    expect(asked).toBeGreaterThan(0);
    expect(sessions.model.outputNames).toContain(AT);
    expect(readFileSync(pathOf(BERT)).length).toBeLessThan(bytes.length);
    await model.dispose?.();
  } finally {
    env.useCustomCache = false;
  }
}, 60_000);
