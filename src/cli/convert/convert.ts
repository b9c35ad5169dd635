import { type Command, Option } from 'commander';
import type { KerasDtype } from '../../io/keras/toKeras';
import { FOLDER_HERE } from '../model/open';
import { addDictionaryOptions, type DictionaryOptions, dictionaryProblem } from '../model/options';
import { isAddress, placeFor, placeOf } from '../model/place';
import { given } from '../optionParsers';
import { convertDictionary, type DictionaryConversion, WRITTEN_FORMATS } from './dictionary';
import type { CreateRepo } from './hub';
import { type ConvertArgs, runConvert } from './run';

const VISIBILITIES: readonly CreateRepo[] = ['public', 'private'];
const DTYPES: readonly KerasDtype[] = ['float32', 'float16', 'bfloat16', 'float64'];

const SUMMARY =
  'convert a model between .keras, .weights.h5, folders of tfjs, and formats of the field';
const DESCRIPTION = [
  'Reads a model from IN and writes it to OUT, with its weights as they are and, where the other ' +
    "side can train on, with its optimizer's state. No Python is needed, and no code from a file " +
    'is run.',
  'IN is a .keras file, the http(s) address of one, a folder of tfjs (or its model.json), or a ' +
    '.weights.h5 file. OUT ends in .keras or .weights.h5, or else is a folder for tfjs.',
  'IN may also be a dictionary of SAELens or another tool, its folder, its file or the address of either. ' +
    'With --format OUT is a folder in that format: docs/formats.md has what each can say.',
  'Either may be on the hub, hf://owner/repo/path. To OUT there a dictionary goes by one commit, as saelens ' +
    'where there is no --format, with a card of what is known of it; HF_TOKEN has to be a token that may ' +
    'write there.',
].join('\n\n');
const EXAMPLES = `
Examples:
  gated-sae convert sae.keras web/sae                 for tf.loadLayersModel
  gated-sae convert runs/quickstart/model sae.keras   for Keras
  gated-sae convert runs/quickstart/model web/sae --no-optimizer
  gated-sae convert sae.keras small.keras --dtype bfloat16
  gated-sae convert path/to/saelens/folder sae.keras
  gated-sae convert path/to/saelens/folder sae.weights.h5    of a Gated SAE
  gated-sae convert runs/quickstart/model for-saelens --format saelens
  gated-sae convert sae.keras hf://me/saes/layer_7 --format saelens
  gated-sae convert hf://owner/repo/layer_7 sae.keras
  gated-sae convert sae.weights.h5 sae.keras --like untrained.keras
`;

interface Options extends DictionaryOptions {
  dtype?: KerasDtype;
  optimizer?: boolean;
  allowNonFinite?: boolean;
  like?: string;
  overwrite?: boolean;
  format?: string;
  createRepo?: CreateRepo;
}

/** The format of a dictionary when only the place implies one. */
const OWN_FORMATS = {
  keras: 'keras',
  weights: 'keras-weights',
  folder: 'tfjs',
  dictionary: 'saelens',
} as const;

/**
 * Adds `convert` to the commands.
 *
 * @param home the folder of this program, where packages are looked for first
 */
export function addConvert(program: Command, home: string): void {
  const command = program
    .command('convert')
    .summary(SUMMARY)
    .description(DESCRIPTION)
    .argument('<in>', 'the model that is there', given)
    .argument('<out>', 'where it is to go', given)
    .addOption(
      new Option('--dtype <name>', 'what Keras is to compute in; float32 by default').choices(
        DTYPES,
      ),
    )
    .option('--optimizer', "fail where the optimizer's state cannot come along; else a warning")
    .option('--no-optimizer', 'leave the optimizer and its state out')
    .option('--allow-non-finite', 'take weights of NaN and infinity as well')
    .option(
      '--like <model>',
      'for a .weights.h5 as IN: a .keras file or a folder of the same architecture',
      given,
    )
    .option(
      '--format <name>',
      `for a dictionary: what OUT is to be, ${WRITTEN_FORMATS.join(', ')}`,
      given,
    )
    .option('--overwrite', 'replace what is at OUT')
    .addOption(
      new Option(
        '--create-repo <visibility>',
        'for OUT on the hub: make its repository where it is missing',
      ).choices(VISIBILITIES),
    );
  addDictionaryOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (from: string, to: string, options: Options) => {
      const args = await checked(from, to, options);
      if (typeof args === 'string') return command.error(`error: ${args}`);
      const folders = [home, process.cwd()];
      if ('format' in args) await convertDictionary(args, folders);
      else await runConvert(args, folders);
    });
}

/** Returns what to do, or what is wrong with the options. */
async function checked(
  inPath: string,
  outPath: string,
  { k, createRepo, ...options }: Options,
): Promise<ConvertArgs | DictionaryConversion | string> {
  const { dtype, optimizer, allowNonFinite = false, like: likePath, overwrite = false } = options;
  const from = await placeOf(inPath);
  const to = placeFor(outPath);
  const problem = dictionaryProblem([from], { ...(k !== undefined && { k }) });
  if (problem !== undefined) return problem;
  if (createRepo !== undefined && to?.format !== 'dictionary') {
    return '--create-repo is for OUT on the hub, hf://owner/repo/path.';
  }
  const isOthers = [from.format, to?.format].includes('dictionary');
  if (to && (options.format !== undefined || isOthers)) {
    const own = OWN_FORMATS[to.format];
    const { format } = options;
    if (likePath !== undefined || optimizer !== undefined) {
      return '--like and --optimizer are for models of Keras and tfjs.';
    }
    const isFile = to.format === 'keras' || to.format === 'weights';
    if (isFile && (format ?? own) !== own) {
      return `OUT has to be a folder for --format ${format}.`;
    }
    return {
      ...{ from: inPath, to, format: format ?? own, overwrite },
      ...(dtype && { dtype }),
      ...(k !== undefined && { k }),
      ...(createRepo && { createRepo }),
    };
  }
  const like = likePath === undefined ? undefined : await placeOf(likePath);
  if (to === undefined) return 'OUT has to end in .keras or .weights.h5, or to be a folder here.';
  if (from.format === 'weights' && like === undefined) {
    return 'IN holds weights alone: give a model of the same architecture by --like, or, of a Gated SAE, a --format.';
  }
  if (from.format !== 'weights' && like !== undefined) {
    return '--like is for a .weights.h5 file as IN: other models say what they are.';
  }
  if (like?.format === 'weights') return '--like takes a .keras file or a folder of tfjs.';
  if ([from, like].some((place) => place?.format === 'folder' && isAddress(place.path))) {
    return FOLDER_HERE;
  }
  if (to.format === 'folder' && dtype !== undefined) {
    return '--dtype is for .keras and .weights.h5 files: tfjs has float32 only.';
  }
  return {
    from,
    to,
    ...(like ? { like } : {}),
    overwrite,
    keras: {
      allowNonFinite,
      ...(dtype === undefined ? {} : { dtype }),
      ...(optimizer === undefined ? {} : { includeOptimizer: optimizer }),
    },
  };
}
