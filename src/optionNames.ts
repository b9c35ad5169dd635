/**
 * Other libraries' names for an option, each with our name: Keras, torch, SAELens,
 * dictionary_learning and Python's gated-sae-tf. Case and underscores do not count, so `batch_size`
 * is not listed.
 */
const SYNONYMS: Readonly<Record<string, string>> = {
  inputDim: 'd_in d_model d_act activation_dim act_size input_size input_width in_features',
  outputDim: 'd_out output_size output_width out_features target_dim',
  skip: 'skip_connection use_skip affine_skip w_skip',
  centred: 'apply_b_dec_to_input centered center subtract_b_dec',
  normalize: 'normalize_activations normalization activation_norm input_normalization',
  encodingDim:
    'd_sae d_hidden d_dict dict_size dictionary_size n_features num_features features hidden hidden_dim hidden_size n_latents num_latents latent_dim latents width units',
  lambdaSparse:
    'lambda l1 l1_coefficient l1_coeff l1_penalty l1_lambda l1_alpha l1_weight lambda_l1 lambda_sparsity sparsity sparsity_coefficient sparsity_penalty sparsity_weight alpha',
  auxWeight: 'aux aux_coefficient aux_coeff aux_alpha aux_loss_weight auxk_alpha',
  projectGradient: 'remove_parallel_component remove_gradient_parallel_to_decoder_directions',
  prefixes: 'matryoshka_widths group_sizes',
  drawnPrefixes: 'n_prefixes num_prefixes sample_prefixes',
  encoderStart: 'init tied_init initialization encoder_init encoder_start',
  preActWeight: 'pre_act_loss_coefficient pre_act_coefficient lambda_p',
  decoderRows: 'normalize_decoder unit_norm_decoder decoder_norm set_decoder_norm_to_unit_norm',
  clipNorm: 'max_grad_norm grad_clip gradient_clip gradient_clip_val global_clipnorm',
  globalClipnorm: 'clip_norm max_grad_norm grad_clip gradient_clip gradient_clip_val',
  learningRate: 'lr rate step_size',
  beta1: 'b1 adam_beta1',
  beta2: 'b2 adam_beta2',
  epsilon: 'eps adam_epsilon',
  weightDecay: 'wd decay',
  momentum: '',
  nesterov: '',
  peakLr: 'peak lr max_lr learning_rate peak_learning_rate initial_learning_rate',
  warmupSteps: 'warmup lr_warm_up_steps n_warmup_steps',
  totalSteps: 'steps decay_steps training_steps max_steps n_steps',
  decaySteps: 'decay lr_decay_steps cooldown',
  startLr: 'initial_lr warmup_start_lr',
  resampleEvery: 'resample_steps resample_frequency resample_interval feature_sampling_window',
  deadAfter: 'dead_feature_window dead_feature_threshold dead_window n_tokens_since_fired',
  useEma: 'ema use_moving_average average_weights',
  emaMomentum: 'ema_decay ema_beta',
  optimizer: 'optim',
  metrics: 'metric',
  threads: 'n_threads num_threads workers',
  step: 'kernel',
  batchSize: 'bs batch train_batch_size train_batch_size_tokens minibatch_size',
  epochs: 'n_epochs num_epochs nb_epoch',
  shuffle: '',
  verbose: '',
  callbacks: 'callback',
  validationSplit: 'val_split',
  validationData: 'val_data',
  batchesPerEpoch: 'steps_per_epoch',
  validationBatches: 'validation_steps',
  batches: 'steps',
  seed: 'random_state random_seed rng',
  returns: 'return output',
  classNames: 'names classes',
  imageShape: 'shape image_size',
  k: 'top_k',
};

/** Where an option belongs, for one that is given in the wrong place. */
const HOMES: readonly (readonly [options: string, home: string])[] = [
  [
    'inputDim encodingDim outputDim skip normalize decoderRows projectGradient encoderStart lambdaSparse auxWeight clipNorm',
    'the model, as new GatedSAE({…})',
  ],
  [
    'learningRate beta1 beta2 epsilon weightDecay momentum nesterov useEma emaMomentum',
    'the optimizer: compile({optimizer: new KerasAdam({…})})',
  ],
  ['peakLr warmupSteps totalSteps decaySteps', 'the schedule: new WarmupCosineDecay({…})'],
  ['optimizer metrics threads step', 'compile'],
  ['batchSize epochs shuffle verbose callbacks validationSplit validationData', 'fit'],
];

/** Options of other libraries that have no counterpart here. */
const NONE_HERE: Readonly<Record<string, string>> = {
  betas: 'Give beta1 and beta2.',
  expansionfactor: 'Give encodingDim: inputDim times that.',
  device: 'Call tf.setBackend to choose what computes, and leave this out.',
  dtype: 'Leave it out: everything here is float32.',
  loss: "Leave it out: the loss is the architecture's own.",
  activation: "Leave it out: the activation is the architecture's own.",
  k: 'Leave it out: there is no TopK here, and lambdaSparse says how sparse codes become.',
  amsgrad: 'Leave it out: Adam is computed without it.',
};

/** Strips a name of what differs between Python, JavaScript and a command line. */
const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '');
const isSynonym = (theirs: string, ours: string) =>
  (SYNONYMS[ours]?.split(' ') ?? []).some((name) => name !== '' && plain(name) === theirs);

/**
 * Returns the number of letters inserted, deleted or changed between two names: Levenshtein's
 * distance.
 */
export function distance(one: string, other: string): number {
  // The distances between the part of `one` read so far and each beginning of `other`.
  const row = Array.from({ length: other.length + 1 }, (_, j) => j);
  for (let i = 0; i < one.length; i++) {
    let diagonal = i;
    row[0] = i + 1;
    for (let j = 1; j < row.length; j++) {
      const changed = diagonal + (one[i] === other[j - 1] ? 0 : 1);
      diagonal = row[j] as number;
      row[j] = Math.min(changed, diagonal + 1, (row[j - 1] as number) + 1);
    }
  }
  return row[other.length] as number;
}

/** Returns the first of the nearest names. */
function closest(name: string, known: readonly string[]): string {
  const distances = known.map((one) => distance(name, one));
  return known[distances.indexOf(Math.min(...distances))] ?? '';
}

/**
 * Returns the known name that was probably meant.
 *
 * @param most the most letters that may differ; by default a third of them, or two
 */
export function nearest(
  name: string,
  known: readonly string[],
  most = Math.max(2, name.length / 3),
): string | undefined {
  const near = closest(name, known);
  const isNear = near !== '' && distance(name.toLowerCase(), near.toLowerCase()) <= most;
  return isNear ? near : undefined;
}

/**
 * Says what to do about an option that does not exist.
 *
 * @param name the name that was given
 * @param known the options that exist there
 */
export function adviceOnName(name: string, known: readonly string[]): string {
  const theirs = plain(name);
  const same = known.find((ours) => plain(ours) === theirs);
  if (same) return `Did you mean "${same}"?`;
  const synonym = known.find((ours) => isSynonym(theirs, ours));
  if (synonym) return `Here it is called "${synonym}".`;
  if (Object.hasOwn(NONE_HERE, theirs)) return NONE_HERE[theirs] as string;
  const close = nearest(name, known, Math.min(2, name.length / 3));
  if (close) return `Did you mean "${close}"?`;
  for (const [options, home] of HOMES) {
    const ours = options.split(' ').find((one) => plain(one) === theirs || isSynonym(theirs, one));
    if (ours) return `Give ${ours} to ${home}.`;
  }
  const near = nearest(name, known);
  return near ? `Did you mean "${near}"?` : 'Leave it out: there is nothing of that name.';
}
