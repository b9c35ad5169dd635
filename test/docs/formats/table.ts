/** What each format reads and writes, found out by writing small dictionaries and opening them again. */
import * as tf from '@tensorflow/tfjs';
import { encodeSAE, loadSAE, type SAEError, type SAEModel } from '../../../src';
import { ARCHITECTURES } from '../../../src/architectures';
import { FORMATS } from '../../../src/io/dictionaries/formats';

/** Kinds of dictionaries: their options, and how the table calls them. */
const KINDS: readonly (readonly [string, Record<string, unknown>])[] = [
  ['subtracts `b_dec` from rows', {}],
  ['rows as they are', { centred: false }],
  ['layer norm', { normalize: 'layer-norm' }],
  ['equal norms', { normalize: 'constant' }],
  ['mean norm', { normalize: 'mean-norm' }],
  ['transcoder', { outputDim: 4 }],
  ['transcoder with a skip', { skip: true }],
];
const SIZES = { inputDim: 6, encodingDim: 10, seed: 1 };

/** A dictionary whose weights are all something else than at the start. */
function made(name: string, options: Record<string, unknown>): SAEModel {
  const Model = ARCHITECTURES[name]?.model as new (args: object) => SAEModel;
  const sae = new Model({ ...SIZES, ...options });
  tf.tidy(() => {
    for (const [i, [, weight]] of sae.sae.namedWeights.entries()) {
      const shape = weight.shape as number[];
      weight.write(tf.add(weight.read(), tf.randomUniform(shape, 0.1, 0.4, 'float32', i + 1)));
    }
  });
  return sae;
}

/** Whether a format says a dictionary: as itself, as another architecture, or not. */
async function cell(format: string, name: string, options: Record<string, unknown>) {
  const sae = made(name, options);
  try {
    const files = await encodeSAE(sae, { format });
    const again = await loadSAE([...files].map(([path, bytes]) => inFolder(path, bytes)));
    const same = again.getClassName() === sae.getClassName();
    const found = Object.entries(ARCHITECTURES).find(
      ([, { model }]) => model.className === again.getClassName(),
    );
    again.dispose();
    return same ? '✓' : `as ${found?.[0]}`;
  } catch (error) {
    if ((error as SAEError).code !== 'SAE_UNSUPPORTED') throw error;
    return '–';
  } finally {
    sae.dispose();
  }
}

function inFolder(path: string, bytes: Uint8Array): File {
  const file = new File([bytes as BlobPart], path.slice(path.lastIndexOf('/') + 1));
  Object.defineProperty(file, 'webkitRelativePath', { value: `dictionary/${path}` });
  return file;
}

const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

/** The section of the guide between its marks. */
export async function formatsSection(): Promise<string> {
  const written = FORMATS.filter(({ write }) => write).map(({ name }) => name);
  const formats = FORMATS.map(({ name, of, write }) =>
    line([`\`${name}\``, of, '✓', write ? '✓' : '–']),
  );
  const architectures: string[] = [];
  for (const name of Object.keys(ARCHITECTURES)) {
    const cells: string[] = [];
    for (const format of written) cells.push(await cell(format, name, {}));
    architectures.push(line([name, ...cells]));
  }
  const kinds: string[] = [];
  for (const [title, options] of KINDS) {
    const cells: string[] = [];
    for (const format of written) cells.push(await cell(format, 'jumprelu', options));
    kinds.push(line([title, ...cells]));
  }
  const head = (first: string) => [
    line([first, ...written.map((name) => `\`${name}\``)]),
    line(['---', ...written.map(() => '---')]),
  ];
  return [
    line(['Format', 'What it is', 'read', 'written']),
    line(['---', '---', '---', '---']),
    ...formats,
    '',
    'How each architecture is written:',
    '',
    ...head('Architecture'),
    ...architectures,
    '',
    'How each kind of dictionary is written, for a JumpReLU SAE:',
    '',
    ...head('Kind'),
    ...kinds,
  ].join('\n');
}

export const MARKS = [
  '<!-- formats: npx tsx test/docs/formats/write.ts -->',
  '<!-- /formats -->',
] as const;

/** The guide with that section in place of the one between the marks. */
export function withSection(guide: string, section: string): string {
  const [from, to] = MARKS.map((mark) => guide.indexOf(mark)) as [number, number];
  if (from < 0 || to < from) throw new Error(`docs/formats.md has no marks ${MARKS.join(' … ')}`);
  return `${guide.slice(0, from + MARKS[0].length)}\n\n${section}\n\n${guide.slice(to)}`;
}
