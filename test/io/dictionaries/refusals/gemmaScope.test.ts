/** Gemma Scope's files that contradict themselves, are damaged or meant to do harm. */
import { crc32, deflateRawSync } from 'node:zlib';
import { encodeSAE, JumpReLUSAE, loadSAE, metadataOf, setMetadata } from '../../../../src';
import { joined } from '../../../../src/bytes';
import { chosen, expectRefused, npzOf, type Shapes, safetensorsOf } from './given';

const SHAPES: Shapes = { w_enc: [3, 5], b_enc: [5], threshold: [5], w_dec: [5, 3], b_dec: [3] };
const CONFIG = { architecture: 'jump_relu', type: 'sae', affine_connection: false };

describe('gemma-scope-2', () => {
  const second = (shapes: Shapes, config: unknown = CONFIG) => ({
    'params.safetensors': safetensorsOf(shapes),
    'config.json': config,
  });

  test.each<[string, object, string, RegExp]>([
    [
      'no threshold',
      second({ ...SHAPES, threshold: [4] }),
      'SAE_SHAPE',
      /threshold of shape \[5\]; received \[4\]/,
    ],
    [
      'a matrix of one axis',
      second({ ...SHAPES, w_enc: [15] }),
      'SAE_SHAPE',
      /w_enc of two axes; received \[15\]/,
    ],
    [
      'another decoder',
      second({ ...SHAPES, w_dec: [4, 3] }),
      'SAE_SHAPE',
      /w_dec of shape \[5, 3\]/,
    ],
    [
      'a decoder for each layer',
      second({ ...SHAPES, w_dec: [5, 2, 3] }),
      'SAE_UNSUPPORTED',
      /Cross-layer/,
    ],
    ['a tensor that nobody knows', second({ ...SHAPES, w_other: [3] }), 'SAE_FILE', /"w_other"/],
    [
      'another architecture',
      second(SHAPES, { ...CONFIG, architecture: 'topk' }),
      'SAE_UNSUPPORTED',
      /jump_relu/,
    ],
    ['another width', second(SHAPES, { ...CONFIG, width: 6 }), 'SAE_FILE', /width: 5/],
    [
      'no skip connection',
      second(SHAPES, { ...CONFIG, affine_connection: true }),
      'SAE_FILE',
      /affine_skip_connection/,
    ],
    [
      'a skip connection of another shape',
      second({ ...SHAPES, affine_skip_connection: [3, 4] }, { ...CONFIG, affine_connection: true }),
      'SAE_SHAPE',
      /affine_skip_connection of shape \[3, 3\]/,
    ],
    ['a configuration that is a list', second(SHAPES, [1]), 'SAE_FILE', /config\.json/],
    [
      'no tensors',
      { 'params.safetensors': new Uint8Array(100), 'config.json': CONFIG },
      'SAE_FILE',
      /params\.safetensors: expected a file of tensors/,
    ],
  ])('refuses %s', (_, files, code, text) => expectRefused({ ...files }, code, text));

  test('names a missing tensor', async () => {
    const { threshold: _, ...others } = SHAPES;
    await expectRefused(second(others), 'SAE_FILE', /tensors threshold/);
  });
});

const ARRAYS: Shapes = { W_enc: [3, 5], b_enc: [5], threshold: [5], W_dec: [5, 3], b_dec: [3] };

describe('gemma-scope', () => {
  test.each<[string, Uint8Array, string, RegExp]>([
    ['another decoder', npzOf({ ...ARRAYS, W_dec: [5] }), 'SAE_SHAPE', /W_dec/],
    ['an array that nobody knows', npzOf({ ...ARRAYS, other: [3] }), 'SAE_FILE', /"other"/],
    ['both letters', npzOf({ ...ARRAYS, w_enc: [3, 5] }), 'SAE_FILE', /"w_enc"/],
    [
      'factors that are not 1',
      npzOf({ ...ARRAYS, scaling_factor: [5] }),
      'SAE_UNSUPPORTED',
      /scaling_factor/,
    ],
    ['half a file', npzOf(ARRAYS).subarray(0, 700), 'SAE_FILE', /ZIP/],
  ])('refuses %s', (_, bytes, code, text) => expectRefused({ 'params.npz': bytes }, code, text));

  test('opens what it has written, and keeps what it is of', async () => {
    const sae = new JumpReLUSAE({ inputDim: 3, encodingDim: 5, centred: false });
    setMetadata(sae, { modelName: 'gpt2', hookName: 'blocks.4.hook_mlp_out', l0: 7 });
    for (const format of ['gemma-scope', 'gemma-scope-2']) {
      const files = await encodeSAE(sae, { format });
      const again = await loadSAE(chosen(Object.fromEntries(files)));
      expect(again.sae.encodingDim).toBe(5);
      const found = { modelName: 'gpt2', hookName: 'blocks.4.hook_mlp_out', l0: 7 };
      expect(metadataOf(again)).toMatchObject({ ...found, format });
      again.dispose();
    }
    await expect(encodeSAE(sae, { format: 'gemma-scope', dtype: 'bfloat16' })).rejects.toThrow(
      'SAE_UNSUPPORTED gemma-scope: expected a dictionary that the format "gemma-scope" can say; received bfloat16, which NumPy has not. Choose float16 or float32.',
    );
    sae.dispose();
  });
});

describe('an .npz file', () => {
  /** One of the arrays, and a member more, which is made by hand. */
  const with_ = (member: (name: string) => Uint8Array, name = 'W_enc.npy') => {
    const { W_enc: _, ...others } = ARRAYS;
    return spliced(npzOf(others), name, member(name));
  };
  /** The bytes of a `.npy` file. */
  const npy = (header: string, values: number) => {
    const text = `${header.padEnd(117)}\n`;
    const bytes = new Uint8Array(128 + values);
    bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]);
    bytes.set(new TextEncoder().encode(text), 10);
    return bytes;
  };
  const header = (shape: string, descr = "'<f4'") =>
    `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`;

  test.each<[string, Uint8Array, RegExp, string?]>([
    [
      'a name twice',
      with_(() => npy(header('(5,)'), 20), 'b_enc.npy'),
      /one b_enc\.npy; received two/,
    ],
    ['a way out', with_(() => npy(header('(5,)'), 20), '../W_enc.npy'), /names of members inside/],
    ['what is no array', with_(() => new Uint8Array(9), 'cfg.json'), /arrays alone/],
    [
      'an array of objects',
      with_(() => npy(header('(3, 5)', "'|O'"), 60)),
      /array W_enc.*numbers/,
      'SAE_UNSUPPORTED',
    ],
    [
      'fewer values than its shape says',
      with_(() => npy(header('(3, 50)'), 60)),
      /array W_enc.*600 bytes/,
    ],
    [
      'a shape that overflows',
      with_(() => npy(header('(99999999999, 99999999999)'), 60)),
      /array W_enc/,
    ],
    ['a shape below 0', with_(() => npy(header('(-3, 5)'), 60)), /without a shape/],
    ['nothing', with_(() => new Uint8Array(0)), /array W_enc/],
  ])('refuses %s', (_, bytes, text, code = 'SAE_FILE') =>
    expectRefused({ 'params.npz': bytes }, code, text),
  );

  test('refuses a member that inflates to gigabytes, or says another length than its own', async () => {
    const values = 2 ** 22;
    const long = npy(header(`(3, ${(values - 128) / 12})`), values - 128);
    const deflated = deflateRawSync(long);
    const of = (size: number) => {
      const { W_enc: _, ...others } = ARRAYS;
      return spliced(npzOf(others), 'W_enc.npy', deflated, { size, crc: crc32(long) });
    };
    await expectRefused({ 'params.npz': of(2 ** 31) }, 'SAE_FILE', /size that its data can have/);
    const bomb = spliced(npzOf({}), 'W_enc.npy', new Uint8Array(2 ** 21), {
      size: 2 ** 30 + 1,
      crc: 0,
    });
    await expectRefused({ 'params.npz': bomb }, 'SAE_FILE', /1073741824 bytes that are compressed/);
    await expectRefused({ 'params.npz': of(long.length + 1) }, 'SAE_FILE', /array W_enc/);
  });
});

/** An archive with one member more. */
function spliced(
  archive: Uint8Array,
  name: string,
  data: Uint8Array,
  deflated?: { size: number; crc: number },
): Uint8Array {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.length);
  const end = archive.length - 22;
  const directory = view.getUint32(end + 16, true);
  const written = new TextEncoder().encode(name);
  const fields = (at: DataView, from: number) => {
    at.setUint16(from, deflated ? 8 : 0, true);
    at.setUint32(from + 6, deflated?.crc ?? crc32(data), true);
    at.setUint32(from + 10, data.length, true);
    at.setUint32(from + 14, deflated?.size ?? data.length, true);
    at.setUint16(from + 18, written.length, true);
  };
  const local = new DataView(new ArrayBuffer(30));
  local.setUint32(0, 0x04034b50, true);
  local.setUint16(4, 20, true);
  fields(local, 8);
  const central = new DataView(new ArrayBuffer(46));
  central.setUint32(0, 0x02014b50, true);
  central.setUint16(6, 20, true);
  fields(central, 10);
  central.setUint32(42, directory, true);
  const before = archive.subarray(0, directory);
  const lines = archive.subarray(directory, end);
  const record = archive.slice(end);
  const closing = new DataView(record.buffer);
  const members = view.getUint16(end + 10, true) + 1;
  closing.setUint16(8, members, true);
  closing.setUint16(10, members, true);
  closing.setUint32(12, lines.length + 46 + written.length, true);
  closing.setUint32(16, directory + 30 + written.length + data.length, true);
  const bytes = (of: DataView) => new Uint8Array(of.buffer);
  return joined([before, bytes(local), written, data, lines, bytes(central), written, record]);
}
