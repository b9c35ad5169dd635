import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeKeras, kerasArchive, SAEError } from '../../../src';
import { disposeModel, filesIn, NEWEST } from './fixture';

const folder = join(NEWEST, 'refused');

/** What a file is refused for, in the words of the message. */
const REFUSED: Record<string, string> = {
  activity_regularizer: 'activity_regularizer = ',
  batch_normalization_axis_1: 'axis = 1',
  batch_normalization_rank_5: 'an input of rank = 5',
  batch_normalization_renorm: 'renorm = true',
  bidirectional_backward_layer: 'backward_layer = "LSTM"',
  category_encoding_weights: 'count_weights = "a tensor"',
  cell_in_two_layers: 'LSTMCell "shared", which stands within another layer and elsewhere too',
  center_crop_of_less: 'height and width = [5,3]',
  concatenate_shared_ranks: 'axis = -2',
  conv1d_causal: 'padding = "causal"',
  conv1d_transpose: 'Conv1DTranspose "',
  conv2d_channels_first: 'data_format = "channels_first"',
  conv2d_groups: 'groups = 2',
  custom_layer: 'which is "some_package>Twice"',
  depthwise_dilation: 'dilation_rate = ',
  dot_rank_4: 'an input of rank = 4',
  dropout_training_true: 'training = true',
  einsum_dense: 'EinsumDense "',
  elu_alpha: 'alpha = 0.7',
  exponential: 'activation = "exponential"',
  group_normalization: 'GroupNormalization "',
  gru_reset_after: 'reset_after = true',
  hashing: 'Hashing "',
  hard_sigmoid: 'activation = "hard_sigmoid"',
  input_named_to_string: '"toString" in Functional',
  integer_lookup: 'IntegerLookup "',
  kernel_constraint: 'kernel_constraint = ',
  lambda: 'Lambda "',
  layer_normalization_shared_ranks: 'axis = [',
  layer_beside_masked_ones: ' beside masked ones',
  layer_in_wrapper_and_outside:
    'Dense "shared", which stands within another layer and elsewhere too',
  layer_outside_and_in_wrapper: 'Dense "shared", which stands within another layer and',
  layer_named_constructor: '"constructor" in Functional',
  layer_normalization_rank_5: 'an input of rank = 5',
  layer_normalization_rms_scaling: 'rms_scaling = true',
  leaky_relu_activation: 'activation = "leaky_relu"',
  lora_dense: 'lora_rank = 1',
  lstm_stateful: 'stateful = true',
  multi_head_attention: 'MultiHeadAttention "',
  ops_node: 'the operation Add "',
  pooling_keepdims: 'keepdims = true',
  prelu_shared_axes: 'shared_axes = [-1]',
  quantized_dense: 'quantization_config = ',
  relu_negative_slope: 'negative_slope = 0.2',
  relu_threshold: 'threshold = 0.5',
  random_crop: 'RandomCrop "',
  resizing_antialias: 'antialias = true',
  resizing_bicubic: 'interpolation = "bicubic"',
  resizing_crop: 'crop_to_aspect_ratio = true',
  rms_normalization: 'RMSNormalization "',
  same_input_twice: 'the same input twice',
  softmax_axis_1: 'axis = 1',
  softmax_two_axes: 'axis = [',
  space_in_name: '"my dense"',
  subclassed_model: 'Subclassed "',
  subtract: 'Subtract "',
  unit_normalization: 'UnitNormalization "',
  upsampling2d_bilinear: 'interpolation = "bilinear"',
  zero_padding_1d: 'ZeroPadding1D "',
  window_shorter_than_stride: 'padding = "same"',
};

/** What a layer's name is in the way of. */
const OF_NAMES = ['space_in_name', 'layer_named_constructor', 'input_named_to_string'];

/** What only keeps the optimizer from coming along. */
const WITHOUT_OPTIMIZER: Record<string, string> = {
  adam_amsgrad: 'amsgrad = true',
  adam_gradient_accumulation: 'gradient_accumulation_steps = 2',
  exponential_decay: 'ExponentialDecay',
  gsae_adam_amsgrad: 'amsgrad = true',
  loss_from_logits: 'from_logits = true',
  rmsprop: 'RMSprop',
};

const fileOf = (name: string) => join(folder, `${name}.keras`);

test('every file has its reason', () => {
  const names = filesIn(folder).map((file) => file.replace('.keras', ''));
  expect(Object.keys({ ...REFUSED, ...WITHOUT_OPTIMIZER }).sort()).toEqual(names.sort());
});

test.each(Object.entries(REFUSED))('%s is refused for %s', async (name, reason) => {
  const error = await kerasArchive(fileOf(name))
    .load()
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SAEError);
  const { message, code } = error as SAEError;
  expect(message).toContain(reason);
  expect(message).toContain(`${name}.keras: expected`);
  expect(code).toBe(OF_NAMES.includes(name) ? 'SAE_FILE' : 'SAE_UNSUPPORTED');
  // What to do about it: a last sentence that is more than a word.
  expect(message).toMatch(/received .*\. [A-Z"t'].{10,}\.$/);
});

test.each(Object.entries(WITHOUT_OPTIMIZER))(
  '%s comes without its optimizer for %s',
  async (name, reason) => {
    const warn = jest.spyOn(console, 'warn').mockImplementation();
    const bytes = readFileSync(fileOf(name));
    const model = await decodeKeras(bytes);
    expect(model.optimizer).toBeUndefined();
    expect(warn.mock.calls).toEqual([[expect.stringContaining(reason)]]);
    expect(warn.mock.calls[0]?.[0]).toMatch(/compile it anew\.$/);
    warn.mockRestore();
    disposeModel(model);
    await expect(decodeKeras(bytes, { includeOptimizer: true })).rejects.toThrow(reason);
  },
);
