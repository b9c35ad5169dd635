/** A network trained in a page on Fashion-MNIST, and what it can do with a dictionary in its hidden layer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as Tf from '@tensorflow/tfjs';
import type { HostModel } from '../../src/index';
import { fashionImages, fashionNetwork } from '../fashionNetwork';
import type { Answer } from './chromium.mts';
import { assertSpliced, assertTrained, type Globals, inHiddenPage } from './hiddenPage.mts';

const TRAINING = 2500;
const HELD_OUT = 500;
const L0 = 16;

test('a dictionary of 16 features a row, trained from a store, keeps the accuracy', async () => {
  const { images, classes } = await fashionImages(TRAINING + HELD_OUT);
  const answer: Answer = (path, _, response) => {
    if (path === '/-/images') response.end(new Uint8Array(images.buffer));
    return path === '/-/images';
  };
  await inHiddenPage(
    async (page) => {
      await page.addScriptTag({ content: `globalThis.fashionNetwork = ${fashionNetwork}` });
      const found = await page.evaluate(accuracy, { classes, training: TRAINING, k: L0 });
      const { plain, spliced, l0, loaded } = found;
      console.log(
        `accuracy ${plain}, ${(100 * spliced) / plain} % of it with ${l0} features a row, in a page`,
      );
      assert.ok(plain > 0.75, `accuracy ${plain}`);
      assert.ok(l0 > L0 / 2 && l0 <= L0, `L0 ${l0}`);
      assert.ok(spliced >= 0.97 * plain, `accuracy ${spliced} for ${plain}`);
      assertTrained(found, TRAINING, 'hidden');
      assertSpliced(found.modes);
      assert.equal(loaded, 0);
      assert.equal(found.leaked, 0);
    },
    { answer },
  );
});

/** Runs in the page. */
async function accuracy(given: { classes: number[]; training: number; k: number }) {
  const { tf, gatedSAE, hidden, ...script } = globalThis as unknown as Globals & {
    fashionNetwork: typeof fashionNetwork;
  };
  const images = new Float32Array(await (await fetch('/-/images')).arrayBuffer());
  const { classes, training: count } = given;
  const targets = classes.slice(count);
  return hidden.counted(async () => {
    const all = tf.tensor4d(images, [classes.length, 28, 28, 1]);
    const [x, others] = tf.split(all, [count, targets.length]) as [Tf.Tensor4D, Tf.Tensor4D];
    const network = await script.fashionNetwork(tf, gatedSAE.KerasAdam, x, classes.slice(0, count));
    const part = tf.model({ inputs: network.inputs, outputs: network.getLayer('hidden').output });
    const own = part.predict(x, { batchSize: 500 }) as Tf.Tensor2D;
    const topK = new gatedSAE.TopKSAE({ inputDim: 64, encodingDim: 256, k: given.k, seed: 1 });
    const { sae, ...training } = await hidden.trained(network, 'hidden', x, own, {
      ...{ batchSize: 500, rowsPerBatch: 500, epochs: 40, learningRate: 2e-3, sae: topK },
    });
    const accuracyOf = (model: Tf.LayersModel) => {
      const found = tf.tidy(() => tf.argMax(model.predict(others) as Tf.Tensor, 1).dataSync());
      return targets.filter((target, i) => found[i] === target).length / targets.length;
    };
    const inside = gatedSAE.spliceSAE(network, 'hidden', sae);
    await inside.save('indexeddb://network');
    const again = await tf.loadLayersModel('indexeddb://network');
    const predict = async (model: HostModel) =>
      (model as Tf.LayersModel).predict(others) as Tf.Tensor;
    const [before, after] = [await predict(inside), await predict(again)];
    const rows = part.predict(others) as Tf.Tensor2D;
    const codes = await sae.encodeSparse(rows);
    const result = {
      ...training,
      ...{ plain: accuracyOf(network), spliced: accuracyOf(inside) },
      ...{ l0: codes.values.length / targets.length, loaded: hidden.apart(before, after) },
      modes: await hidden.spliced(network, 'hidden', sae, predict),
    };
    tf.dispose([all, x, others, own, rows, before, after]);
    for (const each of [inside, again, sae.optimizer, sae, network]) each.dispose();
    return result;
  });
}
