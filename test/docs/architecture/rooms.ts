/** A room of `src/`: a folder, one of io's folders, or one of the two entries. */
export interface Room {
  /** Its path in `src/`, without the ending of a file. */
  readonly path: string;
  /** What it is, as the picture says it under the name: two lines at most. */
  readonly is: readonly string[];
  /** Where it stands in the picture: column and row, of its middle. */
  readonly at: readonly [number, number];
  /** The rooms below it that it imports. It may import what lies behind these, too. */
  readonly imports: readonly string[];
  /** Rooms of which it imports the types of one file: such an arrow does not lead on. */
  readonly importsTypesOf?: Readonly<Record<string, string>>;
  /** Whether it may import tfjs; true by default. */
  readonly tfjs?: boolean;
}

/**
 * The rooms and the direction of imports: what `docs/architecture.svg` draws, what the linter's
 * rules in `biome.json` say, and what the code is held to by `architecture.test.ts`.
 *
 * After a change here: `npx tsx test/docs/architecture/write.ts`.
 */
export const ROOMS: readonly Room[] = [
  {
    path: 'cli',
    is: ['the command line'],
    at: [1.5, 0],
    imports: ['viz', 'analysis', 'checkpoints', 'io/dictionaries', 'stores', 'backends'],
  },
  {
    path: 'index',
    is: ['the public API'],
    at: [2.8, 0],
    imports: ['galleries', 'splice', 'checkpoints', 'io/dictionaries', 'logs', 'stores'],
  },
  { path: 'logs', is: ['an epoch in files'], at: [3.55, 1.1], imports: ['models', 'io/files'] },
  { path: 'node', is: ['what only Node has'], at: [5.9, 0], imports: ['io/files', 'backends'] },
  {
    path: 'galleries',
    is: ['model and codes', '→ picture'],
    at: [0, 1],
    imports: ['viz', 'analysis'],
  },
  {
    path: 'viz',
    is: ['report → SVG,', 'PNG, HTML'],
    at: [0, 2.3],
    imports: [],
    importsTypesOf: { analysis: 'analysis/featureReport/report' },
    tfjs: false,
  },
  {
    path: 'checkpoints',
    is: ['training that', 'goes on'],
    at: [2.2, 2.1],
    imports: ['architectures', 'io/files', 'io/zip'],
  },
  {
    path: 'stores',
    is: ['rows on disk,', 'without the model'],
    at: [2.75, 2.98],
    imports: ['activations', 'io/arrays', 'io/files'],
  },
  {
    path: 'io/dictionaries',
    is: ['any format’s', '↔ a model'],
    at: [4.47, 2.05],
    imports: ['io/keras', 'io/safetensors', 'io/torch', 'io/npy', 'io/onnx', 'io/hub'],
  },
  {
    path: 'io/keras',
    is: ['.keras files', '↔ tfjs-layers'],
    at: [6.45, 3.1],
    imports: ['architectures', 'io/files', 'io/zip', 'io/hdf5'],
  },
  { path: 'io/files', is: ['model folders', 'on disk'], at: [7.3, 4.0], imports: [] },
  { path: 'backends', is: ['the fastest', 'that works'], at: [4.9, 1.0], imports: [] },
  { path: 'io/zip', is: ['archives'], at: [5.48, 4.95], imports: ['io/bytes'], tfjs: false },
  { path: 'io/hdf5', is: ['arrays'], at: [6.33, 4.95], imports: ['io/bytes'], tfjs: false },
  {
    path: 'io/arrays',
    is: ['rows in files', 'of any format'],
    at: [3.65, 3.72],
    imports: ['io/npy', 'io/safetensors', 'io/zip'],
    tfjs: false,
  },
  {
    path: 'io/npy',
    is: ['NumPy’s', 'arrays'],
    at: [4.63, 4.95],
    imports: ['io/bytes'],
    tfjs: false,
  },
  {
    path: 'io/safetensors',
    is: ['tensors', 'by name'],
    at: [3.77, 4.95],
    imports: ['io/bytes'],
    tfjs: false,
  },
  {
    path: 'io/torch',
    is: ['torch’s .pt files'],
    at: [5.11, 4.0],
    imports: ['io/zip'],
    tfjs: false,
  },
  {
    path: 'io/onnx',
    is: ['hidden tensors', 'of .onnx files'],
    at: [5.5, 3.0],
    imports: ['io/bytes'],
    tfjs: false,
  },
  {
    path: 'io/hub',
    is: ['the hub’s files,', 'the catalogue'],
    at: [7.2, 4.95],
    imports: ['io/bytes'],
    tfjs: false,
  },
  {
    path: 'io/bytes',
    is: ['where bytes', 'come from'],
    at: [4.95, 6.05],
    imports: [],
    tfjs: false,
  },
  {
    path: 'splice',
    is: ['inside other', 'people’s models'],
    at: [0.5, 3.75],
    imports: ['models', 'io/onnx'],
  },
  { path: 'analysis', is: ['what the', 'features do'], at: [1.4, 3.5], imports: ['models'] },
  {
    path: 'architectures',
    is: ['equations, gradient,', 'layer and model'],
    at: [2.27, 3.95],
    imports: ['models'],
  },
  {
    path: 'models',
    is: ['a tf.LayersModel', 'of any architecture'],
    at: [1.95, 5.0],
    imports: ['engine', 'activations'],
  },
  {
    path: 'engine',
    is: ['what encodes,', 'decodes and steps'],
    at: [2.25, 6.05],
    imports: ['optimizers', 'layers', 'kernels'],
  },
  { path: 'activations', is: ['where rows', 'come from'], at: [0.8, 7.15], imports: ['math'] },
  {
    path: 'optimizers',
    is: ['Adam and SGD', 'as Keras has them'],
    at: [1.75, 7.15],
    imports: ['math'],
  },
  {
    path: 'layers',
    is: ['a tf.Layer of', 'any architecture'],
    at: [2.68, 7.15],
    imports: ['math'],
  },
  {
    path: 'kernels',
    is: ['WebAssembly', 'and threads'],
    at: [3.6, 7.15],
    imports: [],
    tfjs: false,
  },
  { path: 'math', is: ['tensors in,', 'tensors out'], at: [1.5, 8.25], imports: [] },
];

/** Files at the foot of the picture: every room may import them, they import only each other. */
export const GROUND = [
  'errors',
  'options',
  'optionNames',
  'brand',
  'bytes',
  'gpu',
  'nodeModule',
  'plainData',
  'secondScript',
] as const;

/** The rooms that stand behind a room: those at the end of its arrows, and behind these. */
export function behind(path: string): Set<string> {
  const found = new Set<string>();
  const visit = (from: string) => {
    for (const to of room(from).imports) {
      if (!found.has(to)) visit(to);
      found.add(to);
    }
  };
  visit(path);
  return found;
}

export function room(path: string): Room {
  const found = ROOMS.find((candidate) => candidate.path === path);
  if (found === undefined) throw new Error(`no room ${path} in test/docs/architecture/rooms.ts`);
  return found;
}
