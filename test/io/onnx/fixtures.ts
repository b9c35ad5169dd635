import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What Python's onnxruntime has computed: see python-interop/make_onnx_files.py. */
export interface Written {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

export interface Expected {
  readonly inputs: Readonly<Record<string, Written>>;
  readonly ops: Readonly<Record<string, string>>;
  /** Of floats. */
  readonly hidden: Readonly<Record<string, Written>>;
  readonly outputs: Readonly<Record<string, Written>>;
}

export const FOLDER = join(__dirname, 'fixtures');
export const EXPECTED: Readonly<Record<string, Expected>> = JSON.parse(
  readFileSync(join(FOLDER, 'expected.json'), 'utf8'),
);
export const FILES = Object.keys(EXPECTED);
export const BERT = 'tiny-bert/onnx/model.onnx';
export const expectedOf = (file: string): Expected => EXPECTED[file] as Expected;
export const pathOf = (file: string): string => join(FOLDER, file);
/** As bytes of the environment's own kind. */
export const bytesOf = (file: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(readFileSync(pathOf(file)));
