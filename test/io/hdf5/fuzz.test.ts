import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { xorshift128plus } from 'pure-rand/generator/xorshift128plus';
import { SAEError } from '../../../src/errors';
import { bytesSource } from '../../../src/io/bytes/source';
import { float32From } from '../../../src/io/bytes/values';
import { readHdf5 } from '../../../src/io/hdf5/read';
import { memberSource, streamMember, zipMembers } from '../../../src/io/zip/read';
import { cpuTime } from '../../cpuTime';
import { fixture, readAll } from '../zip/archive';

/** How many files of each kind; 20000 were tried once. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 400);
jest.setTimeout(RUNS * 100);
/** What hangs takes longer by far; a busy machine may take a while. */
const LONGEST_MS = 1000;

type Random = (below: number) => number;
function randomOf(seed: number): Random {
  const generator = xorshift128plus(seed);
  return (below) => (generator.next() >>> 0) % below;
}

/** A copy with 1 to 8 bytes of another value, near one another in every other file. */
function damaged(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = bytes.slice();
  const near = random(2) === 0 ? random(copy.length) : undefined;
  for (let count = 1 + random(8); count > 0; count--) {
    const at = near === undefined ? random(copy.length) : (near + random(64)) % copy.length;
    const values = [0, 255, 1, copy[at] ?? 0, random(256)];
    copy[at] =
      ((values[random(values.length)] ?? 0) ^ (random(3) === 0 ? 1 << random(8) : 0)) & 255;
  }
  return copy;
}

/** All arrays, as a reader of models reads them; the data's checksum comes first. */
async function arraysIn(archive: Uint8Array): Promise<Map<string, string>> {
  const source = bytesSource(archive);
  const arrays = new Map<string, string>();
  for (const member of await zipMembers(source)) {
    await streamMember(source, member);
    if (member.name !== 'model.weights.h5') continue;
    for (const [path, text] of await weightsIn(await memberSource(source, member))) {
      arrays.set(path, text);
    }
  }
  return arrays;
}

async function weightsIn(source: ReturnType<typeof bytesSource>): Promise<Map<string, string>> {
  const arrays = new Map<string, string>();
  for (const { path, dtype, shape, offset, bytes } of (await readHdf5(source)).datasets.values()) {
    const values = float32From(dtype, await source.read(offset, bytes));
    if (values.length !== shape.reduce((size, dim) => size * dim, 1)) throw new Error(path);
    arrays.set(path, `${dtype} [${shape}] ${values.join(' ')}`);
  }
  return arrays;
}

/** Reads damaged copies. @returns how many were read all the same, and the longest time taken */
async function fuzz<T>(
  bytes: Uint8Array,
  seed: number,
  read: (bytes: Uint8Array) => Promise<T>,
  check: (result: T) => void,
): Promise<{ accepted: number; longest: number }> {
  const random = randomOf(seed);
  let accepted = 0;
  let longest = 0;
  for (let run = 0; run < RUNS; run++) {
    const copy = damaged(bytes, random);
    const attempt = async (): Promise<{ sound: boolean; time: number }> => {
      const begin = cpuTime();
      let sound = true;
      try {
        check(await read(copy));
      } catch (error) {
        sound = false;
        if (!(error instanceof SAEError && error.code === 'SAE_FILE')) {
          throw new Error(`run ${run} of seed ${seed}`, { cause: error });
        }
      }
      return { sound, time: cpuTime() - begin };
    };
    const first = await attempt();
    let { time } = first;
    // Whoever else uses the machine may have taken the time: a slow file is slow again.
    if (time > LONGEST_MS) time = Math.min(time, (await attempt()).time);
    if (first.sound) accepted++;
    longest = Math.max(longest, time);
  }
  if (process.env.FUZZ_RUNS) console.log({ seed, accepted, refused: RUNS - accepted, longest });
  return { accepted, longest };
}

const NAMES = ['gsae_trained', 'gsae_float16', 'functional_sub', 'sequential_mlp'];
it.each([
  ...NAMES.map((name) => ({ name, as: 'stored' })),
  ...NAMES.slice(0, 2).map((name) => ({ name, as: 'deflated' })),
])('gives the right arrays or an error: $name, $as', async ({ name, as }) => {
  const stored = fixture(name);
  const archive = as === 'stored' ? stored : zipSync(Object.fromEntries(await readAll(stored)));
  const right = await arraysIn(archive);
  const { longest } = await fuzz(archive, 1, arraysIn, (arrays) => {
    for (const [path, text] of right) if (arrays.get(path) !== text) throw new Error(path);
  });
  expect(longest).toBeLessThan(LONGEST_MS);
});

it.each(['dtypes', 'many', 'named_type', 'hard_link'])(
  'gives arrays inside the file or an error, without a checksum: %s.h5',
  async (name) => {
    const bytes = new Uint8Array(readFileSync(join(__dirname, 'fixtures', `${name}.h5`)));
    const { longest } = await fuzz(
      bytes,
      2,
      (copy) => weightsIn(bytesSource(copy)),
      () => {},
    );
    expect(longest).toBeLessThan(LONGEST_MS);
  },
);
