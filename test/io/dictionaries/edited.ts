/** Committed dictionaries with something changed, in a folder that is gone after the test. */
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { bytesSource } from '../../../src/io/bytes/bytesSource';
import type { StoredTensor } from '../../../src/io/bytes/storedTensor';
import { bytesFrom } from '../../../src/io/bytes/values';
import { openSafetensors } from '../../../src/io/safetensors/read';
import { safetensorsPieces, type WrittenTensor } from '../../../src/io/safetensors/write';

const fixtures = join(__dirname, 'fixtures');
const made: string[] = [];
afterEach(async () => {
  for (const folder of made.splice(0)) await fs.rm(folder, { recursive: true });
});

/** A dictionary's files, to be changed. */
export class Edited {
  private constructor(readonly folder: string) {}

  /** A copy of a committed one. */
  static async of(fixture: string): Promise<Edited> {
    const root = await fs.mkdtemp(join(tmpdir(), 'gated-sae-dictionary-'));
    made.push(root);
    const folder = join(root, 'copy');
    await fs.cp(join(fixtures, fixture), folder, { recursive: true });
    return new Edited(folder);
  }

  async write(path: string, content: string | Uint8Array | readonly Uint8Array[]): Promise<void> {
    const file = join(this.folder, path);
    await fs.mkdir(dirname(file), { recursive: true });
    await fs.writeFile(file, Array.isArray(content) ? Buffer.concat(content) : (content as string));
  }

  /** Sets entries of a JSON file; undefined takes one away. */
  async json(path: string, entries: Readonly<Record<string, unknown>>): Promise<void> {
    const all = JSON.parse(await fs.readFile(join(this.folder, path), 'utf8'));
    await this.write(path, JSON.stringify({ ...all, ...entries }));
  }

  /** The tensors of a safetensors file. */
  async read(path: string): Promise<ReadonlyMap<string, StoredTensor>> {
    const bytes = await fs.readFile(join(this.folder, path));
    return (await openSafetensors(bytesSource(bytes, path))).tensors;
  }

  /** Sets tensors of a safetensors file to numbers `0, 1, …` in a shape; undefined takes one away. */
  async tensors(
    path: string,
    shapes: Readonly<Record<string, readonly number[] | undefined>>,
  ): Promise<void> {
    for (const [name, shape] of Object.entries(shapes)) {
      await this.put(path, name, shape && counted(shape));
    }
  }

  /** Sets one tensor of a safetensors file; undefined takes it away. */
  async put(path: string, name: string, given: WrittenTensor | undefined): Promise<void> {
    const all = new Map<string, WrittenTensor>();
    for (const [each, tensor] of await this.read(path)) {
      const { dtype, shape } = tensor;
      all.set(each, { dtype, shape, bytes: await tensor.bytes() });
    }
    all.delete(name);
    if (given) all.set(name, given);
    await this.write(path, safetensorsPieces(all));
  }
}

function counted(shape: readonly number[]): WrittenTensor {
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i);
  return { dtype: 'float32', shape, bytes: bytesFrom('float32', values) };
}
