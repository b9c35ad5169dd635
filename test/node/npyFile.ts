import fs from 'node:fs/promises';

/** What is not as NumPy writes it. */
export interface NpyOptions {
  descr?: string;
  fortran?: boolean;
  /** The format's major version. */
  version?: number;
  /** The whole header, in place of one that is sound. */
  header?: string;
}

type Values = Uint8Array | Int32Array | BigInt64Array | Float32Array | Float64Array | Uint16Array;

const DESCR: Readonly<Record<string, string>> = {
  Uint8Array: '|u1',
  Uint16Array: '<u2',
  Int32Array: '<i4',
  BigInt64Array: '<i8',
  Float32Array: '<f4',
  Float64Array: '<f8',
};

/** The bytes of an array as `np.save` writes them, to the last space. */
export function npyBytes(
  values: Values,
  shape: readonly number[],
  {
    descr = DESCR[values.constructor.name] ?? '',
    fortran = false,
    version = 1,
    header,
  }: NpyOptions = {},
): Buffer {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const order = fortran ? 'True' : 'False';
  const text = header ?? `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${tuple}, }`;
  const start = version === 1 ? 10 : 12;
  const end = Math.ceil((start + text.length + 1) / 64) * 64;
  const bytes = Buffer.alloc(end, ' ');
  bytes.set([0x93, ...Buffer.from('NUMPY'), version, 0]);
  if (version === 1) bytes.writeUInt16LE(end - start, 8);
  else bytes.writeUInt32LE(end - start, 8);
  bytes.write(text, start, 'latin1');
  bytes.write('\n', end - 1);
  return Buffer.concat([bytes, Buffer.from(values.buffer, values.byteOffset, values.byteLength)]);
}

/** Writes such a file of float32 zeros that is long to read and takes no room. */
export async function writeLongNpy(file: string, shape: readonly number[]): Promise<string> {
  await writeNpy(file, new Float32Array(0), shape);
  await fs.truncate(file, shape.reduce((size, n) => size * n, 4) + (await fs.stat(file)).size);
  return file;
}

/** Writes such a file. */
export async function writeNpy(
  file: string,
  values: Values,
  shape: readonly number[],
  options: NpyOptions = {},
): Promise<string> {
  await fs.writeFile(file, npyBytes(values, shape, options));
  return file;
}
