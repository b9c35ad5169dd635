import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  drawFeatureGallery,
  type FeatureEntry,
  type FeatureReport,
  featureDashboard,
  featureReport,
  type GatedSAE,
} from 'gated-sae-tfjs';
import { CLASS_NAMES } from '../../src/cli/data/fashionMnistClasses';
import { fileSystem } from '../../src/node';
import { readImages } from '../recipe/images';
import { train, USUAL } from '../recipe/trial';
import { density } from './density';
import { type Turned, turned } from './turned';

/** Where the trained dictionary is kept, so that pictures can be drawn again in seconds. */
const FOLDER = join(__dirname, '..', '..', '.cache', 'guides');
const TRAINING_IMAGES = 10_000;
const TRIAL = { ...USUAL, lambdaSparse: 0.1, peakLr: 3e-3, epochs: 10 };

/** The pictures of docs/seeing.md: a dictionary of Fashion-MNIST at half its size. */
export async function dictionary() {
  const { training, heldOut, labels } = await readImages(TRAINING_IMAGES);
  const model = await trained(training);
  const report = await featureReport(model, heldOut, {
    imageShape: [14, 14],
    labels: [...labels],
    classNames: CLASS_NAMES,
  });
  const dashboard = await featureDashboard(report, { title: 'Fashion-MNIST at half its size' });
  await writeFile(join(FOLDER, 'dashboard.html'), dashboard);
  const shown = Object.values(chosen(report));
  for (const { feature, density, purity, classes } of shown) {
    process.stdout.write(`${JSON.stringify({ feature, density, purity, classes })}\n`);
  }
  await writeFile(join(FOLDER, 'chosen.json'), JSON.stringify(shown.map(({ feature }) => feature)));
  const gallery = drawFeatureGallery(report, {
    featureIdx: shown.map(({ feature }) => feature),
    topImages: 7,
    limit: 0.4,
  });
  return {
    'density.svg': density(report),
    'four-features.png': await gallery.toPNG(),
    'turned.svg': await turned(await turns(model, heldOut, chosen(report).dense)),
  };
}

async function trained(x: tf.Tensor2D): Promise<GatedSAE> {
  await mkdir(FOLDER, { recursive: true });
  const file = join(FOLDER, 'model', 'model.json');
  if (!existsSync(file)) {
    const { model } = await train(TRIAL, x);
    await model.save(fileSystem(join(FOLDER, 'model')));
  }
  return (await tf.loadLayersModel(`file://${file}`)) as GatedSAE;
}

/** Four features that are each typical of something. */
function chosen({ features }: FeatureReport) {
  const most = (of: FeatureEntry[], value: (entry: FeatureEntry) => number) =>
    of.reduce((best, entry) => (value(entry) > value(best) ? entry : best));
  const middle = features.filter(({ density }) => density > 0.02 && density < 0.1);
  return {
    class: most(middle, ({ purity }) => purity ?? 0),
    local: most(middle, ({ kurtosis }) => kurtosis),
    mixed: most(middle, ({ purity }) => 1 - (purity ?? 1)),
    dense: most([...features], ({ density }) => density),
  };
}

/** One picture that has a feature, and one that has not, with its code turned. */
async function turns(model: GatedSAE, x: tf.Tensor2D, entry: FeatureEntry): Promise<Turned[]> {
  const codes = model.encode(x);
  const column = await tf.slice(codes, [0, entry.feature], [-1, 1]).data();
  const strongest = entry.top[0]?.row ?? 0;
  const without = column.indexOf(0);
  const strength = column[strongest] as number;
  const made: Turned[] = [];
  for (const row of [strongest, without]) {
    const pixels = async (factor: number) => {
      const own = tf.slice(codes, [row, 0], [1, -1]);
      const change = factor * strength - (column[row] as number);
      const added = tf.mul(tf.oneHot([entry.feature], model.encodingDim), change);
      return [...(await model.decode(tf.add(own, added)).data())];
    };
    made.push({
      feature: entry.feature,
      original: [...(await tf.slice(x, [row, 0], [1, -1]).data())],
      reconstruction: [...(await model.decode(tf.slice(codes, [row, 0], [1, -1])).data())],
      turned: [
        { words: 'code 0', pixels: await pixels(0) },
        { words: `code ${strength.toFixed(1)}`, pixels: await pixels(1) },
        { words: `code ${(2 * strength).toFixed(1)}`, pixels: await pixels(2) },
      ],
    });
  }
  return made;
}
