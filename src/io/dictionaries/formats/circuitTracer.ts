import { badContent, unsupportedDictionary } from '../../../errors';
import type { DictionaryMetadata } from '../../../models/metadata';
import { Config } from '../config';
import type { Dictionary, DictionaryWeight } from '../dictionary';
import type { DictionaryFiles } from '../files';
import { flatYaml } from '../flatYaml';
import type { DictionaryFormat } from '../format';
import { metadataFrom } from '../metadata';
import { weightsIn } from '../weights';

const CONFIG = 'config.yaml';
/** The configuration of the training, whose name is misspelt in some repositories. */
const OF_THE_TRAINING = ['wandb-config.yaml', 'wanb-config.yaml'];
const LAYER = /^layer_(\d+)\.safetensors$/;
/** Where circuit-tracer stores the thresholds of a JumpReLU. */
const THRESHOLD = 'activation_function.threshold';

/** How circuit-tracer opens the network. */
const OPENED = { fold_ln: false, center_writing_weights: false, center_unembed: false };

/**
 * Single-layer transcoders of circuit-tracer: `layer_5.safetensors` beside those of the other
 * layers, and `config.yaml`.
 *
 * $$ z = x\,W_\text{enc}^\top + b_\text{enc}, \quad f = \mathrm{ReLU}(z) \text{ or } z \odot \mathbb{1}[z > \theta], \quad
 * \hat y = f\,W_\text{dec} + b_\text{dec} + x\,W_\text{skip}^\top $$
 *
 * (circuit-tracer 0.5, `SingleLayerTranscoder`). As there, its sizes are those of its tensors.
 */
export const circuitTracer: DictionaryFormat = {
  name: 'circuit-tracer',
  of: 'circuit-tracer transcoders: `layer_0.safetensors`, `config.yaml`',
  read,
};

async function read(files: DictionaryFiles): Promise<Dictionary | undefined> {
  const file = files.file ?? (await onlyLayerOf(files));
  const [, layer] = LAYER.exec(file ?? '') ?? [];
  const tensors = file !== undefined && layer !== undefined && (await files.tensors(file));
  if (!tensors) return undefined;
  const config = await yaml(files, CONFIG);
  const kind =
    'Cross-layer transcoders are of several layers at once: open them with circuit-tracer.';
  config.allowOnly('model_kind', ['transcoder_set'], kind);

  const [features = 0, width = 0] = tensors.get('W_enc')?.shape ?? [];
  const training = await yaml(files, ...OF_THE_TRAINING);
  const said = (key: string) => training.value(key) !== undefined;
  const inputDim = said('d_model.value') ? training.count('d_model.value') : width;
  const encodingDim = said('d_feature.value') ? training.count('d_feature.value') : features;
  const skip = tensors.has('W_skip');
  const isJumpReLU = tensors.has(THRESHOLD);
  const weights = weightsIn(
    tensors,
    { inputDim, encodingDim },
    {
      W_enc: ['encoder-rows', 'W_enc'],
      b_enc: ['vector', 'b_enc'],
      ...(isJumpReLU && { threshold: ['vector', THRESHOLD] as const }),
      W_dec: ['decoder', 'W_dec'],
      b_dec: ['bias', 'b_dec'],
      ...(skip && { W_skip: ['skip-columns', 'W_skip'] as const }),
    },
  );
  const { threshold } = weights;
  return {
    architecture: isJumpReLU ? 'jumprelu' : 'relu',
    options: {
      ...{ inputDim, encodingDim, outputDim: inputDim },
      ...(isJumpReLU ? { decoderRows: 'free' } : { penalty: 'l1-decoder-norm' }),
      ...(skip && { skip }),
    },
    weights: { ...weights, ...(threshold && { threshold: notBelowZero(threshold) }) },
    metadata: metadataOf(config, layer),
  };
}

/**
 * Returns the file of a folder with a single layer.
 *
 * @throws SAE_FILE if it holds several.
 */
async function onlyLayerOf(files: DictionaryFiles): Promise<string | undefined> {
  if (!(await files.has(CONFIG))) return undefined;
  const layers = ((await files.list()) ?? []).filter((path) => LAYER.test(path));
  if (layers.length < 2) return layers[0];
  const received = `${layers.length} of them, ${layers.slice(0, 3).join(', ')} and others`;
  throw badContent('the file of one layer', received, `Give one of them: ${layers[0]}.`);
}

/** Returns the scalars of the first file that exists; an empty configuration if none does. */
async function yaml(files: DictionaryFiles, ...paths: readonly string[]): Promise<Config> {
  for (const path of paths) {
    const text = await files.text(path);
    if (text !== undefined) return new Config(path, flatYaml(text));
  }
  return new Config(paths[0] as string, {});
}

/**
 * Raises thresholds to 0: there, a threshold below 0 lets negative codes through, which do not
 * exist here.
 */
function notBelowZero({ shape, read: all, readOf }: DictionaryWeight): DictionaryWeight {
  const checked = (values: Float32Array) => {
    const below = values.find((value) => value < 0);
    if (below === undefined) return values;
    const advice = 'Open it with circuit-tracer, where codes may be below 0.';
    throw unsupportedDictionary('thresholds of at least 0', String(below), advice);
  };
  return {
    shape,
    read: async () => checked(await all()),
    ...(readOf && { readOf: async (features) => checked(await readOf(features)) }),
  };
}

function metadataOf(config: Config, layer: string): DictionaryMetadata {
  const hook = (key: string) => {
    const name = config.text(key);
    return name === undefined ? undefined : `blocks.${layer}.${name}`;
  };
  return metadataFrom('circuit-tracer', {
    model_name: config.value('model_name'),
    hook_name: hook('feature_input_hook'),
    hook_name_out: hook('feature_output_hook'),
    model_from_pretrained_kwargs: OPENED,
  });
}
