import { type Command, Option } from 'commander';
import { ARCHITECTURES } from '../../architectures';
import { BACKENDS } from '../../backends/packages';
import {
  folderPath,
  integer,
  LARGEST_SEED,
  nonNegativeNumber,
  positiveNumber,
} from '../optionParsers';
import { hasLambda, RECIPES, type RecipeFlags } from './recipe';
import type { RunSettings } from './settings';

/** The default recipe. */
export const DEFAULT_RECIPE = 'best';
/**
 * Seconds between checkpoints, chosen so that together with a step and the time of saving it stays
 * below 30.
 */
const SAVE_EVERY = 25;
/** By default, at most one of this many features is active. */
const SPARSE_ENOUGH = 16;

/** The options of a run, besides its settings. */
export interface RunOptions {
  out: string;
  saveEvery: number;
  resume?: boolean;
  overwrite?: boolean;
}

/**
 * Adds the options for how a dictionary is trained.
 *
 * @param row the word for a row
 */
export function addRecipeOptions(command: Command, row: 'image' | 'row'): Command {
  const an = row === 'image' ? 'an image' : 'a row';
  return command
    .addOption(
      new Option(
        '--recipe <name>',
        "training settings; gated-sae-tf are those of the Python package's quickstart",
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
      `mean number of active features on ${an}: training adjusts λ, or k is set${byRecipe('l0')}`,
      positiveNumber,
    )
    .addOption(
      new Option(
        '--lambda <λ>',
        'weight of the sparsity penalty, in place of --l0: a higher value gives fewer active features' +
          byRecipe('lambda'),
      )
        .argParser(nonNegativeNumber)
        .conflicts('l0'),
    )
    .option('--learning-rate <r>', `peak learning rate${byRecipe('learningRate')}`, positiveNumber)
    .option('--batch-size <n>', `${row}s in a training step${byRecipe('batchSize')}`, integer(1));
}

/**
 * Adds the options of a run and its folder.
 *
 * @param row the word for a row
 * @param out the default folder for the results
 */
export function addRunOptions(command: Command, row: 'image' | 'row', out: string): Command {
  return command
    .option(
      '--seed <n>',
      `seed of the held-out ${row}s, the order and the initial weights`,
      integer(0, LARGEST_SEED),
      0,
    )
    .addOption(
      new Option('--backend <name>', 'backend to compute on; auto uses the fastest that works')
        .choices(['auto', ...BACKENDS])
        .default('auto'),
    )
    .option('--out <dir>', 'folder for the results', folderPath, out)
    .option(
      '--save-every <seconds>',
      'seconds between checkpoints: a crash loses at most about this much training',
      positiveNumber,
      SAVE_EVERY,
    )
    .option('--resume', 'continue the unfinished run in --out')
    .addOption(
      new Option('--overwrite', 'replace the run in --out, finished or not').conflicts('resume'),
    );
}

/** Returns the default of an option, for the help: it differs by recipe. */
function byRecipe(name: keyof RecipeFlags): string {
  const [usual, other] = ([DEFAULT_RECIPE, 'gated-sae-tf'] as const).map((recipe) =>
    String(RECIPES[recipe].flags[name] ?? 'none'),
  );
  return ` (default: ${usual}${other === usual ? '' : `; gated-sae-tf: ${other}`})`;
}

/** The settings that options and recipe result in, and which of them the user gave. */
export interface Chosen<S> {
  readonly settings: S;
  readonly given: readonly (keyof S)[];
}

/** How options become settings. */
export interface Choosing {
  /** Whether a run is resumed, which already has an architecture. */
  readonly resume: boolean;
  /** Settings for those that the user did not give; they count as given. */
  readonly quick?: Readonly<Record<string, unknown>>;
  /** Settings whose options have other names. */
  readonly optionOf?: Readonly<Record<string, string>>;
}

/**
 * Returns the settings from options and recipe. Exits if --lambda is given for an architecture that
 * has none.
 *
 * @param flags the settings among the command's options
 */
export function chosenSettings<S extends RecipeFlags & Pick<RunSettings, 'recipe'>>(
  command: Command,
  flags: Omit<S, keyof RecipeFlags> & Partial<RecipeFlags>,
  { resume, quick = {}, optionOf = {} }: Choosing,
): Chosen<S> {
  const named = (name: string) => command.getOptionValueSource(optionOf[name] ?? name) === 'cli';
  const byLambda = named('lambda') ? { l0: null } : {};
  const isDecided = (name: string) =>
    named(name) || name in byLambda || (name === 'lambda' && named('l0'));
  const quickFlags = Object.fromEntries(Object.entries(quick).filter(([name]) => !isDecided(name)));
  const { flags: usual } = RECIPES[flags.recipe as RunSettings['recipe']];
  const settings = { ...usual, ...flags, ...byLambda, ...quickFlags } as unknown as S;
  const { architecture } = settings;
  if (named('lambda') && (!resume || named('architecture')) && !hasLambda(architecture)) {
    const weighed = Object.keys(ARCHITECTURES).filter(hasLambda).join(', ');
    command.error(
      `error: ${architecture} has no sparsity penalty, so --lambda has no effect: leave it out, or choose an --architecture that has one: ${weighed}.`,
    );
  }
  const given = [
    ...Object.keys(flags).filter(named),
    ...Object.keys(quickFlags),
    ...Object.keys(byLambda),
  ] as (keyof S)[];
  return { settings, given };
}

/** Limits a default L0: a small dictionary does not have 64 features to spare. */
export const spareL0 = (l0: number | null, encodingDim: number): number | null =>
  l0 === null ? null : Math.min(l0, Math.ceil(encodingDim / SPARSE_ENOUGH));
