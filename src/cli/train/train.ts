import { type Command, InvalidArgumentError, Option } from 'commander';
import { addArrayOption, KINDS_OF_DATA } from '../data/options';
import { given, integer } from '../optionParsers';
import {
  addRecipeOptions,
  addRunOptions,
  chosenSettings,
  type RunOptions,
} from '../training/options';
import type { RecipeFlags } from '../training/recipe';
import type { Asked } from './run';
import { NORMALIZATIONS, OPTION_OF } from './settings';

const SUMMARY = 'train a dictionary on your own rows';
const DESCRIPTION = [
  'Trains a sparse autoencoder on rows, which need not fit in memory. Some of them are held out of ' +
    'training, for the report.',
  `DATA is ${KINDS_OF_DATA}. Several DATA are read one after another. The last axis of an array is a ` +
    'row, and all axes before it count rows: [rows, width] or [..., width]. Images of bytes, [rows, ' +
    'height, width] or [rows, height, width, 3], are one row each. Bytes (uint8) are divided by 255, ' +
    'other numbers are used unchanged.',
  "Writes to the --out folder: model/ (a tfjs layers-model with its optimizer's state), report.json, " +
    'loss.csv and loss.svg. gated-sae dashboard makes a page of the features.',
  'Ctrl-C finishes the step, saves, and says how to continue; a second Ctrl-C quits at once. After ' +
    'either, or a crash, --resume continues from the last checkpoint, with the same result as an ' +
    'uninterrupted run.',
].join('\n\n');
const EXAMPLES = `
Examples:
  gated-sae train rows.npy --architecture batchtopk --l0 32 --out run
  gated-sae train rows.npy --resume --out run          continue after Ctrl-C
  gated-sae train shards/ --features 16384 --epochs 1  a folder of .safetensors files
  gated-sae train store/ --epochs 3                    activations stored by writeActivations
  gated-sae train photos/ --normalize none             a folder of images
  gated-sae dashboard run/model rows.npy               look at the features
`;

type Flags = Omit<Asked, keyof RecipeFlags | 'encodingDim'> & Partial<RecipeFlags>;
type Options = Flags &
  RunOptions & { features?: number; width?: number; array?: readonly string[] };

/**
 * Adds `train` to the commands.
 *
 * @param home the folder of this program, where packages are looked for first
 */
export function addTrain(program: Command, home: string): void {
  const atLeast1 = integer(1);
  const command = program
    .command('train')
    .summary(SUMMARY)
    .description(DESCRIPTION)
    .argument('<data...>', 'where the rows are', (path: string, before: string[] = []) => [
      ...before,
      given(path),
    ]);
  addArrayOption(addRecipeOptions(command, 'row'))
    .option('--features <n>', 'features in the dictionary (8 per value of a row)', atLeast1)
    .option(
      '--epochs <n>',
      'passes over the rows (enough for 1.2 million rows, 100 at most)',
      atLeast1,
    )
    .addOption(
      new Option('--normalize <how>', 'how rows are scaled before they are encoded')
        .choices(NORMALIZATIONS)
        .default('mean-norm'),
    )
    .option(
      '--validation <n>',
      'rows to hold out of training, for the report: a share such as 0.1, or a number (a tenth, 10,000 ' +
        'at most); with 0 the report uses training rows',
      shareOrCount,
    )
    .option(
      '--width <n>',
      'values in a row, for an array with several axes: those of the last one, or of all but the first',
      atLeast1,
    )
    .option(
      '--shuffle-rows <n>',
      'rows that are held in memory and shuffled at a time (as many as fit in 256 MB)',
      atLeast1,
    );
  addRunOptions(command, 'row', 'runs/train')
    .addHelpText('after', EXAMPLES)
    .action(async (data: string[], options: Options) => {
      // Imported only now: it draws curves with packages of 250 files, which would slow down every
      // other command.
      const { runTrain } = await import('./run');
      const {
        out,
        saveEvery,
        resume = false,
        overwrite = false,
        width,
        array,
        features,
        ...more
      } = options;
      const flags = { ...more, ...(features !== undefined && { encodingDim: features }) };
      const chosen = chosenSettings<Asked>(command, flags, { resume, optionOf: OPTION_OF });
      const args = { ...chosen, data, out, saveEvery, resume, overwrite };
      const ofData = { ...(width && { width }), ...(array && { array }) };
      await runTrain({ ...args, ...ofData }, [home, process.cwd()]);
    });
}

/** Parses `0.1`, or `1000`. */
function shareOrCount(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= 0 && (value < 1 || Number.isSafeInteger(value))) return value;
  throw new InvalidArgumentError('Give a share below 1, such as 0.1, or a number of rows.');
}
