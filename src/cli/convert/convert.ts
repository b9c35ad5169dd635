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
  'convert a model between .keras, .weights.h5, tfjs folders, and formats of other tools';
const DESCRIPTION = [
  'Reads a model from IN and writes it to OUT. The weights stay the same, and if the other side can ' +
    "continue the training, the optimizer's state is included. It needs no Python, and executes no " +
    'code from a file.',
  'IN is a .keras file, its http(s) URL, a tfjs model folder (or its model.json), or a ' +
    '.weights.h5 file. OUT ends in .keras or .weights.h5; otherwise it is a tfjs folder.',
  'IN may also be a dictionary of SAELens or another tool: its folder, its file, or the URL of either. ' +
    'With --format, OUT is a folder in that format: docs/formats.md lists what each can represent.',
  'Either may be on the hub: hf://owner/repo/path. A dictionary is uploaded to OUT in one commit, in the ' +
    'format saelens unless --format says otherwise, with a model card; HF_TOKEN must be a token with ' +
    'write access.',
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
    .argument('<in>', 'the model to read', given)
    .argument('<out>', 'where to write it', given)
    .addOption(
      new Option(
        '--dtype <name>',
        'the type that Keras will compute in; float32 by default',
      ).choices(DTYPES),
    )
    .option('--optimizer', "fail if the optimizer's state cannot be included, instead of a warning")
    .option('--no-optimizer', 'leave the optimizer and its state out')
    .option('--allow-non-finite', 'accept weights that are NaN or infinite')
    .option(
      '--like <model>',
      'for a .weights.h5 as IN: a .keras file or a folder of the same architecture',
      given,
    )
    .option(
      '--format <name>',
      `for a dictionary: the format of OUT, ${WRITTEN_FORMATS.join(', ')}`,
      given,
    )
    .option('--overwrite', 'replace an existing OUT')
    .addOption(
      new Option(
        '--create-repo <visibility>',
        'for OUT on the hub: create its repository if it is missing',
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
      return '--like and --optimizer are for Keras and tfjs models.';
    }
    const isFile = to.format === 'keras' || to.format === 'weights';
    if (isFile && (format ?? own) !== own) {
      return `OUT must be a folder for --format ${format}.`;
    }
    return {
      ...{ from: inPath, to, format: format ?? own, overwrite },
      ...(dtype && { dtype }),
      ...(k !== undefined && { k }),
      ...(createRepo && { createRepo }),
    };
  }
  const like = likePath === undefined ? undefined : await placeOf(likePath);
  if (to === undefined) return 'OUT must end in .keras or .weights.h5, or be a local folder.';
  if (from.format === 'weights' && like === undefined) {
    return 'IN holds only weights: name a model of the same architecture with --like, or, for a Gated SAE, a --format.';
  }
  if (from.format !== 'weights' && like !== undefined) {
    return '--like is for a .weights.h5 file as IN: other models describe themselves.';
  }
  if (like?.format === 'weights') return '--like takes a .keras file or a tfjs folder.';
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
