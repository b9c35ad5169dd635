import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  anneal,
  attribute,
  BatchTopKSAE,
  BatchTopKSAELayer,
  type CaptureArgs,
  CSVLogger,
  captureActivations,
  checkpoint,
  compareSAEs,
  comparisonTable,
  csvLogger,
  decodeKeras,
  decoderGalleryCallback,
  decoderSharpness,
  drawDecoderGallery,
  drawFeatureGallery,
  drawFront,
  drawSplice,
  encodeKeras,
  encoderWeights,
  encodeSAE,
  evaluateSAE,
  evaluateSplice,
  explainedVariance,
  exposeTensors,
  type FeatureReport,
  Figure,
  featureDashboard,
  featureReport,
  featureTag,
  GatedSAE,
  GatedSAELayer,
  type HostModel,
  hookedModel,
  hubFolder,
  inspectKeras,
  inspectSAE,
  JumpReLUSAE,
  JumpReLUSAELayer,
  KerasAdam,
  KerasSGD,
  kerasArchive,
  LearningRateSchedule,
  listDictionaries,
  listLayers,
  listSAEs,
  listTensors,
  loadDirections,
  loadKerasWeights,
  loadSAE,
  MatryoshkaSAE,
  MatryoshkaSAELayer,
  type ModelData,
  matchFeatures,
  metadataOf,
  modelCard,
  onnxModel,
  openActivationStore,
  plotDecoderGallery,
  plotFeatureGallery,
  ReluSAE,
  ReluSAELayer,
  registerArchitecture,
  resolveSAE,
  resume,
  SplicedSAELayer,
  saveSAE,
  setMetadata,
  sparsityReport,
  sparsityWarmup,
  spliceSAE,
  spliceTable,
  steerable,
  TensorBoard,
  TopKSAE,
  TopKSAELayer,
  tensorBoard,
  trainTogether,
  uploadFolder,
  useFastMatMul,
  useKerasLayers,
  WarmupCosineDecay,
  WarmupLinearDecay,
  writeActivations,
} from '../../src';
import { fileSystem, useBackend } from '../../src/node';

/** Something public that can be called. */
export interface Call {
  /** The right arguments, made anew. */
  readonly args: () => unknown[];
  // biome-ignore lint/suspicious/noExplicitAny: any value may take the place of an argument
  readonly act: (...args: any[]) => unknown;
  /** Which argument has options; none by default. */
  readonly options?: number;
  /** What the method is called on: the first argument, and never an odd one. */
  readonly isMethod?: true;
}

/** Why a method is not called. */
export type Reason = string;

const BY_FIT: Reason = 'fit calls it';
const BY_TFJS: Reason = 'tfjs calls it, with what it has checked';
const MATHEMATICS: Reason = "an architecture's own, for rows that encode, apply or fit has checked";
const INTERNAL: Reason = 'private, protected or internal';

/** Where the calls read and write. */
/** Of which no session is made here. */
const RUNTIME = { Tensor: class {}, InferenceSession: { create: async () => ({}) } };
const ONNX = join(__dirname, '..', 'io', 'onnx', 'fixtures', 'mlp.onnx');
export const FOLDER = join(tmpdir(), `gated-sae-hostile-${process.pid}`);

const sizes = { inputDim: 4, encodingDim: 8, seed: 1 };
const quiet = { verbose: 0 } as const;
const rows = () => tf.tensor2d([1, 0, 0, 2, 0, 1, 3, 0, 1, 1, 0, 0], [3, 4]);
const codes = () => ({
  indices: new Uint32Array([0, 2]),
  values: new Float32Array([1, 1]),
  rowOffsets: new Uint32Array([0, 1, 2]),
});
/** Of new batches in each pass, for each is disposed once it is used. */
const dataset = () =>
  tf.data.generator(function* () {
    yield rows();
  });
const dictionary = () => new GatedSAE(sizes);
/** A model of one layer, 'hidden', of the dictionary's width, which takes whatever it is given. */
const hostModel = () =>
  hookedModel((given, hook) => {
    const [x] = given instanceof tf.Tensor ? [given] : Object.values(given);
    return tf.tanh(hook('hidden', tf.ones([x?.shape[0] ?? 0, sizes.inputDim])));
  });
/** A model with a hidden layer of the dictionary's width. */
const host = () =>
  tf.sequential({
    layers: [
      tf.layers.dense({ units: 4, inputShape: [4], name: 'hidden' }),
      tf.layers.dense({ units: 2 }),
    ],
  });
/** Reads one batch of what is captured. */
const captured: Call['act'] = async (...args) => {
  const [model, layer, data, options] = args as [HostModel, string, ModelData, CaptureArgs];
  const { value } = await captureActivations(model, layer, data, options).iterator().next();
  value?.xs.dispose();
};
const element = () => ({ replaceChildren: () => {} });
const figure = () => ({
  svg: '<svg xmlns="http://www.w3.org/2000/svg"/>',
  width: 1,
  height: 1,
  title: 'one',
});

function weights(): tf.NamedTensorMap {
  const sae = dictionary();
  const named = sae.weights.map((w) => [w.originalName, tf.clone(w.read())] as const);
  sae.dispose();
  return Object.fromEntries(named);
}

/** A report on images of 2 × 2, and a file, which {@link makeInputs} makes. */
let kept: GatedSAE;
let report = '';
let bytes = new Uint8Array();
export async function makeInputs(): Promise<void> {
  const [sae, x] = [dictionary(), rows()];
  kept = dictionary();
  report = JSON.stringify(await featureReport(sae, x, { imageShape: [2, 2], labels: [0, 1, 1] }));
  bytes = await encodeKeras(sae);
  await sae.save(fileSystem(join(FOLDER, 'model')));
  await saveSAE(sae, join(FOLDER, 'dictionary'));
  sae.compile();
  await (await writeActivations(dataset(), join(FOLDER, 'store'))).close();
  const callbacks = checkpoint({ to: join(FOLDER, 'run') });
  await sae.fit(x, { ...quiet, callbacks });
  tf.dispose(x);
  sae.dispose();
}

const none = () => [];
const call = (act: Call['act'], args: Call['args'] = none, options?: number): Call => ({
  act,
  args,
  ...(options !== undefined && { options }),
});
/** A constructor that takes options alone. */
const made = <Args>(Class: new (args: Args) => unknown, args: Args) => ({
  new: call(
    (given) => new Class(given),
    () => [args],
    0,
  ),
});
/** Methods by their names: their arguments, and which of these has options. */
const methods = (
  made: () => unknown,
  calls: Readonly<Record<string, readonly [args?: Call['args'], options?: number]>>,
): Record<string, Call> =>
  Object.fromEntries(
    Object.entries(calls).map(([name, [args = none, options]]) => [
      name,
      {
        act: (self, ...given) => self[name](...given),
        args: () => [made(), ...args()],
        ...(options !== undefined && { options: options + 1 }),
        isMethod: true,
      },
    ]),
  );
const left = (reason: Reason, names: string): Record<string, Reason> =>
  Object.fromEntries(names.split(' ').map((name) => [name, reason]));

/** A callback is tried in training, where all of it shows that can be wrong. */
const inTraining =
  (make: Call['act']) =>
  async (...args: unknown[]) => {
    const [sae, x] = [dictionary(), rows()];
    sae.compile();
    try {
      await sae.fit(x, { ...quiet, callbacks: make(...args) as tf.Callback });
    } finally {
      tf.dispose(x);
      sae.dispose();
    }
  };
/** A place is tried by saving a model there. */
const saving =
  (place: Call['act']): Call['act'] =>
  async (...args) => {
    const sae = dictionary();
    try {
      await sae.save(place(...args) as tf.io.IOHandler);
    } finally {
      sae.dispose();
    }
  };
/** A hub that has nothing: nobody is asked. */
const fetchFunc = async () => new Response('{}', { status: 404 });
const NAME = { release: 'gpt2-small-res-jb', id: 'blocks.8.hook_resid_pre' };
const anew = (ending = '') => join(FOLDER, `${Math.random()}${ending}`);

class Constant extends LearningRateSchedule {
  at() {
    return 1;
  }
  getConfig() {
    return {};
  }
}

const optimizer = (Optimizer: new (args?: never) => KerasAdam | KerasSGD) => ({
  new: call(
    (args) => new Optimizer(args as never),
    () => [{}],
    0,
  ),
  learningRate: {
    act: (self: KerasAdam, rate: number) => {
      self.learningRate = rate;
    },
    args: () => [new Optimizer(), 0.1],
    isMethod: true as const,
  },
  ...methods(() => new Optimizer(), {
    applyGradients: [() => [{}]],
    setWeights: [() => [[{ name: 'iter', tensor: tf.scalar(3, 'int32') }]]],
    getWeights: [],
    getConfig: [],
    finalizeVariableValues: [() => [[]]],
    dispose: [],
  }),
  ...left(BY_TFJS, 'fromConfig'),
  ...left(
    INTERNAL,
    'updated biasCorrected stepSize takeState readState writeState countSteps finiteRate warnAtTheEnd before decayed update average changeState',
  ),
});

/**
 * What can be called of each export, with the right arguments; `new` is a class's constructor, and
 * `call` the function itself. Of a class that extends another, what is its own.
 */
export const CALLS: Readonly<Record<string, Readonly<Record<string, Call | Reason>>>> = {
  GatedSAE: made(GatedSAE, sizes),
  ReluSAE: made(ReluSAE, sizes),
  SAEModel: {
    ...methods(
      () => {
        const sae = dictionary();
        sae.compile();
        return sae;
      },
      {
        encode: [() => [rows()]],
        encodeDetailed: [() => [rows()]],
        decode: [() => [tf.ones([2, 8])]],
        setLambda: [() => [0.1]],
        setOption: [() => ['lambdaSparse', 0.1]],
        initDecoderBias: [() => [rows(), {}], 1],
        initNormalization: [() => [rows(), {}], 1],
        foldNormalization: [],
        encodeSparse: [() => [rows(), {}], 1],
        decodeSparse: [() => [codes(), {}], 1],
        reconstruct: [() => [rows()]],
        predict: [() => [rows(), {}], 1],
        predictOnBatch: [() => [rows()]],
        save: [() => [tf.io.withSaveHandler(async () => ({}) as tf.io.SaveResult), {}], 1],
        getConfig: [],
        loadWeights: [() => [weights(), true]],
        setWeights: [() => [Object.values(weights())]],
        compile: [() => [{ optimizer: 'adam' }], 0],
        fit: [() => [rows(), rows(), quiet], 2],
        fitDataset: [() => [dataset(), quiet], 1],
        trainOnBatch: [() => [rows(), rows()]],
        evaluate: [() => [rows(), rows(), {}], 2],
        evaluateDataset: [() => [dataset(), {}], 1],
        sync: [],
        dispose: [],
      },
    ),
    ...left(
      BY_TFJS,
      'computeMask loadTrainingConfig getTrainingConfig fromConfig makeTrainFunction',
    ),
    ...left(BY_TFJS, 'standardizeUserDataXY makeTestFunction'),
    ...left(
      INTERNAL,
      'getDedupedMetricsNames alive fitSharing artifacts readTraining computeBy assertCompiled assertTrainable useKernels assertNotDisposed encodeAndReconstruct takeAsLoaded',
    ),
  },
  GatedSAELayer: {
    ...made(GatedSAELayer, { encodingDim: 8 }),
    ...left(MATHEMATICS, 'activate differentiate'),
  },
  BatchTopKSAE: made(BatchTopKSAE, sizes),
  JumpReLUSAE: made(JumpReLUSAE, sizes),
  MatryoshkaSAE: made(MatryoshkaSAE, sizes),
  TopKSAE: made(TopKSAE, sizes),
  JumpReLUSAELayer: {
    ...made(JumpReLUSAELayer, { encodingDim: 8 }),
    ...left(MATHEMATICS, 'activate differentiate missed penalties tanhSlopes'),
  },
  BatchTopKSAELayer: {
    ...made(BatchTopKSAELayer, { encodingDim: 8 }),
    ...left(MATHEMATICS, 'choose learn'),
  },
  MatryoshkaSAELayer: {
    ...made(MatryoshkaSAELayer, { encodingDim: 8 }),
    ...left(MATHEMATICS, 'checkTogether checkDrawn learn'),
  },
  TopKSAELayer: {
    ...made(TopKSAELayer, { encodingDim: 8 }),
    ...left(MATHEMATICS, 'activate choose differentiate'),
  },
  ReluSAELayer: {
    ...made(ReluSAELayer, { encodingDim: 8 }),
    ...left(MATHEMATICS, 'activate differentiate slope'),
  },
  SparseAutoencoderLayer: {
    ...methods(
      () => {
        const layer = new GatedSAELayer({ encodingDim: 8 });
        layer.apply(tf.input({ shape: [4] }));
        return layer;
      },
      {
        encode: [() => [rows()]],
        decode: [() => [tf.ones([2, 8])]],
        setLambda: [() => [0.1]],
        setOption: [() => ['lambdaSparse', 0.1]],
        setWeights: [() => [Object.values(weights())]],
        apply: [() => [rows()]],
        computeOutputShape: [() => [[null, 4]]],
        afterStep: [],
        getConfig: [],
        dispose: [],
      },
    ),
    ...left(BY_TFJS, 'build call computeMask fromConfig'),
    ...left(MATHEMATICS, 'encodeDetailed forward backward'),
    ...left(MATHEMATICS, 'checkTogether learn dead nextStates statesAfter writeStates'),
    ...left(
      INTERNAL,
      'makeWeights weightSpecs syncBeforeReading gradientList trainingCall assertNotDisposed checkWeight weight read checkedShape',
    ),
  },
  KerasAdam: optimizer(KerasAdam),
  KerasSGD: optimizer(KerasSGD),
  LearningRateSchedule: { new: call(() => new Constant()) },
  WarmupCosineDecay: {
    new: call(
      (args) => new WarmupCosineDecay(args),
      () => [{ peakLr: 1, warmupSteps: 1, totalSteps: 2 }],
      0,
    ),
    ...methods(() => new WarmupCosineDecay({ peakLr: 1, warmupSteps: 1, totalSteps: 2 }), {
      getConfig: [],
    }),
    at: 'arithmetic: what is no number gives NaN, which the optimizer refuses',
  },
  WarmupLinearDecay: {
    new: call(
      (args) => new WarmupLinearDecay(args),
      () => [{ peakLr: 1, warmupSteps: 1, decaySteps: 1, totalSteps: 3 }],
      0,
    ),
    ...methods(
      () => new WarmupLinearDecay({ peakLr: 1, warmupSteps: 1, decaySteps: 1, totalSteps: 3 }),
      { getConfig: [] },
    ),
    at: 'arithmetic: what is no number gives NaN, which the optimizer refuses',
  },
  SAEError: { new: 'it is what is thrown' },
  decoderSharpness: { call: call(decoderSharpness, () => [dictionary()]) },
  encoderWeights: { call: call(encoderWeights, () => [dictionary()]) },
  explainedVariance: { call: call(explainedVariance, () => [dictionary(), rows(), {}], 2) },
  sparsityReport: { call: call(sparsityReport, () => [dictionary(), rows(), {}], 2) },
  featureTag: {
    call: call(featureTag, () => {
      const { features, data } = JSON.parse(report) as FeatureReport;
      return [features[0], data];
    }),
  },
  featureReport: { call: call(featureReport, () => [dictionary(), rows(), {}], 2) },
  featureDashboard: { call: call(featureDashboard, () => [JSON.parse(report), {}], 1) },
  drawDecoderGallery: { call: call(drawDecoderGallery, () => [JSON.parse(report), {}], 1) },
  drawFeatureGallery: { call: call(drawFeatureGallery, () => [JSON.parse(report), {}], 1) },
  plotDecoderGallery: {
    call: call(
      plotDecoderGallery,
      () => [dictionary(), tf.ones([3, 8]), { imageShape: [2, 2] }],
      2,
    ),
  },
  plotFeatureGallery: {
    call: call(
      plotFeatureGallery,
      () => [
        ...[dictionary(), tf.ones([3, 8]), rows(), [0, 1, 1], ['a', 'b']],
        { imageShape: [2, 2] },
      ],
      5,
    ),
  },
  decoderGalleryCallback: {
    call: call(
      decoderGalleryCallback,
      () => [dictionary(), element(), rows(), { imageShape: [2, 2] }],
      3,
    ),
  },
  Figure: {
    new: call(
      (args) => new Figure(args),
      () => [figure()],
      0,
    ),
    ...methods(() => new Figure(figure()), { toSVG: [], toHTML: [], toPNG: [() => [{}], 0] }),
    ...left('it needs a page: test/viz/figure and test/browser/figure', 'mount'),
  },
  kerasArchive: {
    load: call(
      (...args) => kerasArchive(...(args as [string])).load(),
      () => [bytes, {}],
      1,
    ),
    save: call(saving(kerasArchive), () => [anew('.keras'), {}], 1),
  },
  decodeKeras: { call: call(decodeKeras, () => [bytes, {}], 1) },
  encodeKeras: { call: call(encodeKeras, () => [dictionary(), {}], 1) },
  inspectKeras: { call: call(inspectKeras, () => [bytes, {}], 1) },
  loadKerasWeights: { call: call(loadKerasWeights, () => [dictionary(), bytes, {}], 2) },
  evaluateSAE: { call: call(evaluateSAE, () => [dictionary(), rows(), {}], 2) },
  evaluateSplice: {
    call: call(
      evaluateSplice,
      () => [hostModel(), 'hidden', dictionary(), rows(), { outputs: 'logits' }],
      4,
    ),
  },
  attribute: {
    call: call(
      attribute,
      () => [hostModel(), 'hidden', dictionary(), tf.ones([1, 4]), { output: 1 }],
      4,
    ),
  },
  drawSplice: {
    call: call(drawSplice, () => [{ name: 'a', layer: 'b', costs: [], fires: [1] }, {}], 1),
  },
  spliceTable: { call: call(spliceTable, () => [{ costs: [], fires: new Uint32Array() }]) },
  compareSAEs: { call: call(compareSAEs, () => [{ one: dictionary() }, rows(), {}], 2) },
  comparisonTable: { call: call(comparisonTable, () => [{ evaluations: [] }]) },
  matchFeatures: { call: call(matchFeatures, () => [dictionary(), dictionary(), {}], 2) },
  drawFront: {
    call: call(drawFront, () => [[{ name: 'a', l0: 4, explainedVariance: 0.9 }], {}], 1),
  },
  loadSAE: { call: call(loadSAE, () => [join(FOLDER, 'dictionary'), {}], 1) },
  onnxModel: { call: call(onnxModel, () => [ONNX, { ort: RUNTIME }], 1) },
  listTensors: { call: call(listTensors, () => [ONNX]) },
  listLayers: { call: call(listLayers, () => [host()]) },
  captureActivations: { call: call(captured, () => [host(), 'hidden', rows(), {}], 3) },
  spliceSAE: { call: call(spliceSAE, () => [host(), 'hidden', dictionary(), {}], 3) },
  hookedModel: { call: call(hookedModel, () => [(x: tf.Tensor) => x]) },
  SplicedSAELayer: {
    ...made(SplicedSAELayer, { dictionary: () => kept.sae, mode: 'reconstruct' }),
    ...left(BY_TFJS, 'build call computeOutputShape getConfig dispose'),
  },
  exposeTensors: { call: call(exposeTensors, () => [ONNX, ['relu']]) },
  steerable: { call: call(steerable, () => [ONNX, 'relu', {}], 2) },
  inspectSAE: { call: call(inspectSAE, () => [join(FOLDER, 'dictionary'), {}], 1) },
  loadDirections: { call: call(loadDirections, () => [join(FOLDER, 'dictionary'), [1], {}], 2) },
  saveSAE: { call: call(saveSAE, () => [dictionary(), anew(), {}], 2) },
  encodeSAE: { call: call(encodeSAE, () => [dictionary(), {}], 1) },
  metadataOf: { call: call(metadataOf, () => [dictionary()]) },
  setMetadata: { call: call(setMetadata, () => [dictionary(), { modelName: 'gpt2' }]) },
  hubFolder: { call: call(hubFolder, () => ['hf://one/two', { fetchFunc }], 1) },
  listDictionaries: { call: call(listDictionaries, () => ['hf://one/two', { fetchFunc }], 1) },
  listSAEs: { call: call(listSAEs, () => [{ release: NAME.release }], 0) },
  resolveSAE: { call: call(resolveSAE, () => [NAME], 0) },
  modelCard: { call: call(modelCard, () => [{ name: 'one' }], 0) },
  uploadFolder: {
    call: call(
      uploadFolder,
      () => ['hf://one/two', [{ path: 'a', content: bytes }], { token: 'hf_none', fetchFunc }],
      2,
    ),
  },
  checkpoint: { call: call(inTraining(checkpoint), () => [{ to: anew() }], 0) },
  resume: {
    call: call(
      async (from, args) => {
        const { model } = await resume(from, args);
        model.dispose();
      },
      () => [join(FOLDER, 'run'), {}],
      1,
    ),
  },
  writeActivations: {
    call: call(
      async (rows, target, args) => (await writeActivations(rows, target, args)).close(),
      () => [dataset(), anew(), {}],
      2,
    ),
  },
  openActivationStore: {
    call: call(
      async (source, args) => (await openActivationStore(source, args)).close(),
      () => [join(FOLDER, 'store'), {}],
      1,
    ),
  },
  registerArchitecture: {
    call: call(registerArchitecture, () => ['relu', ReluSAELayer, ReluSAE, {}]),
  },
  trainTogether: {
    call: call(
      trainTogether,
      () => {
        const sae = dictionary();
        sae.compile();
        return [[sae], rows(), quiet];
      },
      2,
    ),
  },
  sparsityWarmup: { call: call(inTraining(sparsityWarmup), () => [3]) },
  anneal: { call: call(inTraining(anneal), () => ['lambdaSparse', { from: 1, steps: 3 }], 1) },
  csvLogger: { call: call(inTraining(csvLogger), () => [{ to: anew('.csv') }], 0) },
  CSVLogger: {
    new: call(
      inTraining((args) => new CSVLogger(args)),
      () => [{}],
      0,
    ),
    ...left(BY_FIT, 'onTrainBegin onEpochEnd'),
  },
  tensorBoard: { call: call(inTraining(tensorBoard), () => [{ to: anew() }], 0) },
  TensorBoard: {
    new: call(
      inTraining((args) => new TensorBoard(args)),
      () => [{ to: anew() }],
      0,
    ),
    ...left(BY_FIT, 'onTrainBegin onBatchEnd onEpochEnd'),
    ...left(INTERNAL, 'write opened file'),
  },
  StepLogger: {},
  useFastMatMul: { call: call(useFastMatMul) },
  useKerasLayers: { call: call(useKerasLayers) },
  useBackend: { call: call(useBackend, () => [tf.getBackend(), {}], 1) },
  fileSystem: {
    save: call(saving(fileSystem), () => [anew()]),
    load: call(
      (path) => fileSystem(path).load(),
      () => [join(FOLDER, 'model')],
    ),
  },
};
