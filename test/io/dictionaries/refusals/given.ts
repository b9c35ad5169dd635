/** Dictionaries' files in memory, right ones and wrong ones. */
import { joined } from '../../../../src/bytes';
import { SAEError } from '../../../../src/errors';
import { loadSAE } from '../../../../src/io/dictionaries/load';
import { npzPieces } from '../../../../src/io/dictionaries/npz';
import { safetensorsPieces } from '../../../../src/io/safetensors/write';
import { cpuTime } from '../../../cpuTime';

export type Shapes = Readonly<Record<string, readonly number[]>>;

const filled = (shape: readonly number[], value: number) =>
  new Uint8Array(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value).buffer);

/** A safetensors file of float32 numbers, which are all the same, and texts beside them. */
export const safetensorsOf = (
  shapes: Shapes,
  value = 0,
  texts: Readonly<Record<string, string>> = {},
): Uint8Array =>
  joined(
    safetensorsPieces(
      new Map(
        Object.entries(shapes).map(([name, shape]) => [
          name,
          { dtype: 'float32', shape, bytes: filled(shape, value) },
        ]),
      ),
      texts,
    ),
  );

/** A `.npz` file of float32 zeros. */
export const npzOf = (shapes: Shapes): Uint8Array =>
  joined(
    npzPieces(
      new Map(
        Object.entries(shapes).map(([name, shape]) => [
          name,
          { dtype: 'f4', shape, bytes: filled(shape, 0) },
        ]),
      ),
    ),
  );

/** The files of a folder, as somebody has chosen them: bytes, or what is JSON in it. */
export const chosen = (files: Readonly<Record<string, unknown>>): File[] =>
  Object.entries(files).map(([name, content]) => {
    const bytes = content instanceof Uint8Array ? content : JSON.stringify(content);
    return new File([bytes as BlobPart], name);
  });

const MOST_MS = 100;
/** Compiling what is run for the first time counts as well: the best of some is what it takes. */
const TRIES = 4;

/** What opening some files comes to: an error of a code and a text, within 100 ms. */
export async function expectRefused(
  files: Readonly<Record<string, unknown>>,
  code: string,
  text: RegExp,
): Promise<void> {
  let fastest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < TRIES && fastest > MOST_MS; i++) {
    const start = cpuTime();
    const error = await loadSAE(chosen(files)).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    fastest = Math.min(fastest, cpuTime() - start);
    expect(error).toBeInstanceOf(SAEError);
    expect(error).toMatchObject({ code });
    expect((error as SAEError).message).toMatch(text);
  }
  expect(fastest).toBeLessThan(MOST_MS);
}
