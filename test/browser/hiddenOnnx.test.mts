/** ONNX models in a page by onnxruntime-web: captured, edited, with dictionaries, against Python's onnxruntime. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type * as Tf from '@tensorflow/tfjs';
import type * as Ort from 'onnxruntime-web';
import type { SplicedModel } from '../../src/index';
import type { Expected, Written } from '../io/onnx/fixtures';
import { assertSpliced, type Globals, inHiddenPage } from './hiddenPage.mts';
import { BROWSER_BACKENDS } from './numeric/backendBrowser.mts';

const FIXTURES = '/test/io/onnx/fixtures';
const read: Readonly<Record<string, Expected>> = JSON.parse(
  readFileSync(new URL('../io/onnx/fixtures/expected.json', import.meta.url), 'utf8'),
);
const MODELS = [
  ['mlp.onnx', 'relu'],
  [
    'tiny-bert/onnx/model.onnx',
    '/bert/encoder/layer.0/output/LayerNorm/LayerNormalization_output_0',
  ],
] as const;
/** What computes, and what of it: a software GPU takes its time. */
const PROVIDERS = [
  ['wasm', 'ort.wasm.min.js', [], MODELS],
  ['webgpu', 'ort.webgpu.min.js', BROWSER_BACKENDS.webgpu, MODELS.slice(1)],
] as const;

/** Against numbers that Python has computed. */
const close = (name: string, values: readonly number[], expected: readonly number[]) => {
  assert.equal(values.length, expected.length, name);
  const apart = Math.max(...values.map((value, i) => Math.abs(value - (expected[i] as number))));
  assert.ok(apart < 1e-5, `${name}: ${apart}`);
};

for (const [provider, script, flags, models] of PROVIDERS) {
  test(`hidden tensors of ONNX models in a page, by ${provider}`, () =>
    inHiddenPage(
      async (page) => {
        for (const [file, layer] of models) {
          const expected = read[file] as Expected;
          const { inputs, hidden, outputs } = expected;
          const [output] = Object.keys(outputs) as [string];
          const found = await page.evaluate(onnx, {
            ...{ provider, address: `${FIXTURES}/${file}`, layer, output, inputs },
          });
          const known = (hidden[layer] as Written).values;
          for (const by of ['exposed', 'captured', 'rows'] as const) {
            close(`${file} ${by}`, found[by], known);
          }
          close(`${file} output`, found.output, (outputs[output] as Written).values);
          assertSpliced(found.modes);
          close(`${file} codes`, found.codes, found.ownCodes);
          close(`${file} spliced`, found.inFile, found.spliced);
          assert.equal(found.leaked, 0);
        }
      },
      { scripts: [`/node_modules/onnxruntime-web/dist/${script}`], flags },
    ));
}

/** Runs in the page. */
async function onnx(given: {
  provider: string;
  address: string;
  layer: string;
  /** The model's. */
  output: string;
  inputs: Expected['inputs'];
}) {
  const { tf, gatedSAE, hidden, ort } = globalThis as unknown as Globals & { ort: typeof Ort };
  const { provider, layer, inputs } = given;
  ort.env.wasm.wasmPaths = '/node_modules/onnxruntime-web/dist/';
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  const session = { executionProviders: [provider], logSeverityLevel: 3 } as const;
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, { dtype, shape, values }]) => [
      name,
      dtype === 'int64'
        ? new ort.Tensor('int64', BigInt64Array.from(values, BigInt), shape)
        : new ort.Tensor('float32', Float32Array.from(values), shape),
    ]),
  );
  /** What a file gives by onnxruntime alone. */
  async function runOf(bytes: Uint8Array, names: readonly string[]) {
    const made = await ort.InferenceSession.create(bytes, session);
    const results = await made.run(feeds, names);
    await made.release();
    return names.map((name) => [...((results[name] as Ort.Tensor).data as Float32Array)]);
  }
  const address = new URL(given.address, location.href).href;
  const model = await gatedSAE.onnxModel(address, { ort, session });
  return hidden.counted(async () => {
    const x = Object.fromEntries(
      Object.entries(inputs).map(([name, { dtype, shape, values }]) => [
        name,
        tf.tensor([...values], [...shape], dtype === 'int64' ? 'int32' : 'float32'),
      ]),
    );
    const tensors: Tf.Tensor[] = Object.values(x);
    /** Numbers of a tensor that is then of no more use. */
    const numbers = (tensor: Tf.Tensor | undefined) => {
      tensors.push(tensor as Tf.Tensor);
      return [...(tensor as Tf.Tensor).dataSync()];
    };
    const predict = async (one: Pick<SplicedModel, 'predict'> | typeof model) => {
      const made = await ('predict' in one ? one.predict(x) : one.run(x));
      return made[0] as Tf.Tensor;
    };
    const [exposed] = await runOf(await gatedSAE.exposeTensors(address, [layer]), [layer]);
    const [own] = (await model.capture(x, [layer])) as [Tf.Tensor];
    const { value } = await gatedSAE.captureActivations(model, layer, x).iterator().next();
    const inputDim = own.shape.at(-1) as number;
    const sae = new gatedSAE.GatedSAE({ inputDim, encodingDim: 3 * inputDim });
    tf.tidy(() => {
      const shapes = sae.getWeights().map(({ shape }) => shape);
      sae.setWeights(shapes.map((shape, i) => tf.randomNormal(shape, 0, 0.5, 'float32', i + 1)));
    });
    const written = await gatedSAE.steerable(address, layer, { dictionary: sae });
    const [codes, inFile] = await runOf(written, [`${layer}/codes`, given.output]);
    const result = {
      ...{ exposed: exposed as number[], rows: numbers(value?.xs), captured: numbers(own) },
      ...{ codes: codes as number[], ownCodes: numbers(sae.encode(own)) },
      output: numbers(await predict(model)),
      inFile: inFile as number[],
      spliced: numbers(await predict(gatedSAE.spliceSAE(model, layer, sae))),
      modes: await hidden.spliced(model, layer, sae, (one) => predict(one as typeof model)),
    };
    tf.dispose(tensors);
    sae.dispose();
    await model.dispose();
    return result;
  });
}
