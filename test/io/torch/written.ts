import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';

/** A tensor as torch describes it. */
export interface WrittenTensor {
  dtype: string;
  shape: number[];
  bytes: string;
  /** As float64; as text where JSON has no number. */
  values: (number | string)[];
}

/** What torch wrote, and what it says is in it: python-interop/make_torch_files.py. */
export interface Written {
  name: string;
  file: string;
  tensors: Record<string, WrittenTensor>;
  values: Record<string, unknown>;
}

export const WRITTEN: readonly Written[] = JSON.parse(
  readFileSync(join(__dirname, 'fixtures', 'files.json'), 'utf8'),
);

export const fileOf = ({ file }: Written): Uint8Array =>
  new Uint8Array(inflateSync(Buffer.from(file, 'base64')));

/** The file of that name. */
export function written(name: string): Written {
  const found = WRITTEN.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no file ${name}`);
  return found;
}
