import { type Command, InvalidArgumentError } from 'commander';
import { MOST_IMAGES } from '../../viz/featureGallery';
import { addDataOptions, DATA_DESCRIPTION, type DataOptions, namedOptions } from '../data/options';
import { reportSource } from '../data/report';
import { MODEL_DESCRIPTION } from '../model/options';
import { given, integer, positiveNumber } from '../optionParsers';
import { runDrawing } from './drawing';
import { FORMS, type GalleryArgs, galleryFrom, galleryNeeds } from './galleryDraw';

const SUMMARY = "draw a dictionary's features next to the images that activate them most";
const DESCRIPTION = [
  'Draws the most active features: the decoder direction of each, the images that activate it ' +
    'most with their class and activation, and whether the feature fires for one class (MONO) or ' +
    'several (POLY). --decoder draws only the directions.',
  MODEL_DESCRIPTION,
  DATA_DESCRIPTION,
  'In place of both, MODEL may be a report that gated-sae dashboard has written as .json.',
].join('\n\n');
const EXAMPLES = `
Examples:
  gated-sae gallery runs/quickstart/model fashion-mnist
  gated-sae gallery sae.keras images.npy --labels y.npy --classes cat,dog
  gated-sae gallery sae.keras rows.npy --image-shape 28x28 --features 1,5,9
  gated-sae gallery sae.keras images.npy --decoder --out decoder.svg
`;

interface Options extends DataOptions, GalleryArgs {
  out: string;
  overwrite?: boolean;
}

/**
 * Adds `gallery` to the commands.
 *
 * @param home the folder of this program, where packages are looked for first
 */
export function addGallery(program: Command, home: string): void {
  const command = program
    .command('gallery')
    .summary(SUMMARY)
    .description(DESCRIPTION)
    .argument('<model>', 'a saved dictionary', given)
    .argument('[data]', 'a file or folder of rows, or fashion-mnist', given)
    .option('--out <file>', 'file to write: .png, .svg or .html', given, 'gallery.png')
    .option('--overwrite', 'replace an existing --out')
    .option('--decoder', 'draw only decoder directions')
    .option('--top-features <n>', 'features to show (20; 10 with --decoder)', integer(1))
    .option('--top-images <n>', 'images to show per feature (5)', integer(1, MOST_IMAGES))
    .option(
      '--features <list>',
      'show these features, such as 1,5,9, in place of the most active',
      featureList,
    )
    .option(
      '--limit <w>',
      'the weight shown as darkest red; its negative is darkest blue (0.15)',
      positiveNumber,
    )
    .option('--scale <n>', 'pixels of a .png per pixel of the picture (2)', positiveNumber);
  addDataOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (model: string, data: string | undefined, options: Options) => {
      const problem = wrongGallery(options);
      if (problem !== undefined) return command.error(`error: ${problem}`);
      const source = await reportSource(model, data, options, namedOptions(command));
      if (typeof source === 'string') return command.error(`error: ${source}`);
      const { out, overwrite = false, ...args } = options;
      const needs = galleryNeeds(args);
      const draw = galleryFrom(args, out);
      await runDrawing({ source, needs, out, overwrite, draw }, [home, process.cwd()]);
    });
}

/** Returns what is inconsistent in the options; undefined if nothing is. */
function wrongGallery({ out, decoder, features, topFeatures, topImages, scale }: Options) {
  if (!FORMS.test(out)) return '--out must end in .png, .svg or .html.';
  if (scale !== undefined && !/\.png$/i.test(out)) return '--scale is for .png files only.';
  if (decoder && features) return '--decoder shows the most active features: leave out --features.';
  if (decoder && topImages !== undefined)
    return '--decoder shows no images: leave out --top-images.';
  if (features && topFeatures !== undefined) return '--features or --top-features, not both.';
  return undefined;
}

/** Parses `1,5,9`. */
function featureList(text: string): number[] {
  const features = text.split(',').map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : -1));
  if (features.every((feature) => Number.isSafeInteger(feature) && feature >= 0)) return features;
  throw new InvalidArgumentError('Give numbers of features, such as 1,5,9.');
}
