import { namingFile } from '../../../src/errors';
import type { Json, JsonObject } from '../../../src/io/keras/layerTable';
import * as masks from '../../../src/io/keras/masks';

const maskedOutput = (file: string, json: Json) => namingFile(file, () => masks.maskedOutput(json));
const checkMaskedOn = (backend: string, file: string, json: Json) =>
  namingFile(file, () => masks.checkMaskedOn(backend, json));

const layer = (class_name: string, config: JsonObject = {}): JsonObject => ({
  module: 'keras.layers',
  class_name,
  config: { name: class_name.toLowerCase(), ...config },
  registered_name: null,
});
const sequential = (...layers: JsonObject[]): JsonObject => ({
  module: 'keras',
  class_name: 'Sequential',
  config: { name: 'm', layers },
});
const embedding = layer('Embedding', { mask_zero: true });
const lstm = (config: JsonObject = {}) => layer('LSTM', { return_sequences: false, ...config });

test.each<[string, JsonObject[], boolean]>([
  ['a recurrent layer ends it', [embedding, lstm(), layer('Dense')], false],
  ['layers that pass it on', [embedding, layer('Dropout'), layer('Dense'), lstm()], false],
  ['a sequence keeps it', [embedding, lstm({ return_sequences: true }), lstm()], false],
  ['what comes after does not matter', [embedding, lstm(), layer('Reshape')], false],
  ['a mask at the output', [layer('Masking', { mask_value: -1 }), layer('Dense')], true],
  [
    'no mask at all',
    [layer('Embedding', { mask_zero: false }), layer('GlobalAveragePooling1D')],
    false,
  ],
])('%s', (_, layers, atOutput) => {
  expect(maskedOutput('m.keras', sequential(...layers))).toBe(atOutput);
});

// In each of these, tfjs's predictions were seen to be others than Keras's.
test.each<[string, JsonObject[]]>([
  ['GlobalAveragePooling1D', [embedding, layer('GlobalAveragePooling1D')]],
  [
    'GlobalAveragePooling1D',
    [embedding, lstm({ return_sequences: true }), layer('GlobalAveragePooling1D')],
  ],
  ['Conv1D', [embedding, layer('Conv1D'), lstm()]],
  ['MaxPooling1D', [embedding, layer('MaxPooling1D'), lstm()]],
  ['Reshape', [embedding, layer('Reshape'), lstm()]],
  ['Flatten', [embedding, layer('Flatten')]],
  ['Sequential', [sequential(embedding), lstm()]],
])('a mask at %s is refused', (name, layers) => {
  expect(() => maskedOutput('m.keras', sequential(...layers))).toThrow(
    new RegExp(
      `^SAE_UNSUPPORTED m\\.keras: .* received a mask at ${name} ".*let a recurrent layer end it`,
    ),
  );
});

test('recurrent layers with masks are refused on webgpu, where tfjs computes them wrongly', () => {
  const check = (backend: string, ...layers: JsonObject[]) =>
    checkMaskedOn(backend, 'm.keras', sequential(...layers));
  const wrapped = layer('Bidirectional', { layer: lstm() });
  for (const recurrent of [lstm(), layer('SimpleRNN'), layer('GRU'), wrapped]) {
    expect(() => check('webgpu', embedding, recurrent)).toThrow(
      /^SAE_UNSUPPORTED m\.keras: .* masks and \w+\. .*load it on another, by tf\.setBackend/,
    );
    check('wasm', embedding, recurrent);
    check('webgpu', layer('Embedding', { mask_zero: false }), recurrent);
  }
  check('webgpu', embedding, layer('Dense'));
});

const tensor = (...history: Json[]): JsonObject => ({
  class_name: '__keras_tensor__',
  config: { keras_history: history },
});
const call = (inputs: Json, kwargs: JsonObject = {}): JsonObject => ({ args: [inputs], kwargs });
const node = (json: JsonObject, name: string, ...calls: JsonObject[]): JsonObject => ({
  ...json,
  name,
  inbound_nodes: calls,
});
const operation = (class_name: string, name: string, ...args: Json[]): JsonObject => ({
  module: 'keras.src.ops.numpy',
  class_name,
  config: { name },
  name,
  inbound_nodes: [{ args, kwargs: {} }],
});
const functional = (layers: JsonObject[], output: string): JsonObject => ({
  module: 'keras.src.models.functional',
  class_name: 'Functional',
  config: { name: 'm', layers, output_layers: [output, 0, 0] },
});
const input = node(layer('InputLayer'), 'x');
const embedded = node(embedding, 'e', call(tensor('x', 0, 0)));

describe('in a graph', () => {
  const withMask = (value: Json, from = 'x') =>
    functional(
      [
        input,
        embedded,
        operation('NotEqual', 'ne', tensor(from, 0, 0), value),
        node(lstm(), 'l', call(tensor('e', 0, 0), { mask: tensor('ne', 0, 0) })),
      ],
      'l',
    );

  test('the mask of a layer’s own input is what tfjs gives it', () => {
    expect(maskedOutput('m.keras', withMask(0))).toBe(false);
  });

  test.each([
    ['of another value', withMask(2)],
    ['of another tensor', withMask(0, 'e')],
  ])('one %s is not', (_, model) => {
    expect(() => maskedOutput('m.keras', model)).toThrow(
      /^SAE_UNSUPPORTED .* received mask = "ne"/,
    );
  });

  test('branches of which one is masked cannot be joined', () => {
    const joined = node(layer('Add'), 'a', call([tensor('e', 0, 0), tensor('p', 0, 0)]));
    const plain = node(layer('Embedding'), 'p', call(tensor('x', 0, 0)));
    expect(() =>
      maskedOutput('m.keras', functional([input, embedded, plain, joined], 'a')),
    ).toThrow(/a mask at Add "a"/);
  });

  test('states of its own and a mask are too much for a recurrent layer', () => {
    const states = { initial_state: [tensor('h', 0, 0), tensor('c', 0, 0)] };
    const model = functional(
      [input, embedded, node(lstm(), 'l', call(tensor('e', 0, 0), states))],
      'l',
    );
    expect(() => maskedOutput('m.keras', model)).toThrow(/a mask at LSTM "l"/);
  });
});
