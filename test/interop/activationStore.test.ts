/** Stores of activations there and back: Python's safetensors opens ours, and we what it writes. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { openActivationStore, type RowOrigin, writeActivations } from '../../src';
import { pythonIn } from '../python';
import {
  FIRST_EXAMPLE,
  newFolder,
  numberedRows,
  numbersIn,
  range,
  rising,
  WIDTH,
} from '../stores/rows';

const root = join(__dirname, '..', '..');
const python = pythonIn(join(root, '.venv-torch'));
const withPeers = existsSync(python) ? test : test.skip;

jest.setTimeout(120_000); // torch alone takes seconds to load

let folder: string;
beforeEach(async () => {
  folder = await newFolder();
});
afterEach(() => fs.rm(folder, { recursive: true, force: true }));

/** Runs a program in the folder; what it prints as JSON. */
function inPython(...lines: string[]): unknown {
  const ran = spawnSync(python, ['-c', lines.join('\n')], { cwd: folder, encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(ran.stderr);
  return JSON.parse(ran.stdout || 'null');
}

/** What the guide shows in Python: reading, and writing. */
const [READING, WRITING] = [
  ...readFileSync(join(root, 'docs', 'activation-store.md'), 'utf8').matchAll(
    /^```python\n([\s\S]*?)^```/gm,
  ),
].map(([, code]) => code as string) as [string, string];

withPeers.each(['float32', 'float16'] as const)(
  'three lines of Python read a store of %s',
  async (dtype) => {
    expect(READING.trim().split('\n')).toHaveLength(3);
    const store = await writeActivations(numberedRows(203, 16), join(folder, 'store'), {
      ...{ shardRows: 40, dtype },
    });
    await store.close();
    const found = inPython(
      READING,
      'import json, numpy as np',
      'rows = np.concatenate([shard["rows"] for shard in shards])',
      'origin = [np.concatenate([s[name] for s in shards]) for name in ("example", "position")]',
      'number = np.arange(203)',
      `expected = (number[:, None] + np.arange(${WIDTH}) / 8).astype(rows.dtype)`,
      'same = [np.array_equal(rows, expected),',
      `        np.array_equal(origin[0], ${FIRST_EXAMPLE} + number // 5),`,
      '        np.array_equal(origin[1], number % 5)]',
      'print(json.dumps({"same": same, "dtypes": sorted({str(a.dtype) for a in [rows, *origin]}),',
      '  "shards": [len(s["rows"]) for s in shards], "mean": rows.astype(float).mean(0).tolist(),',
      '  "norm": np.linalg.norm(rows.astype(float), axis=1).mean()}))',
    ) as { mean: number[]; norm: number };
    expect(found).toMatchObject({
      same: [true, true, true],
      dtypes: [dtype, 'int32'],
      shards: [40, 40, 40, 40, 40, 3],
    });
    for (const [k, mean] of store.mean.entries())
      expect(mean).toBeCloseTo(found.mean[k] as number, 4);
    expect(store.norm).toBeCloseTo(found.norm, 8);
  },
);

withPeers.each(['float32', 'float16'])(
  'a store of %s that Python writes opens here',
  async (dtype) => {
    inPython(
      WRITING,
      'number = np.arange(203)',
      `rows = (number[:, None] + np.arange(${WIDTH}) / 8).astype("${dtype}")`,
      `example = (${FIRST_EXAMPLE} + number // 5).astype(np.int32)`,
      'position = (number % 5).astype(np.int32)',
      'cut = lambda a: [np.ascontiguousarray(part) for part in np.split(a, [50, 60, 200])]',
      'shards = [dict(rows=r, example=e, position=p) for r, e, p in',
      '          zip(cut(rows), cut(example), cut(position))]',
      'write_store(".", shards, {"model": "tiny"})',
    );
    const store = await openActivationStore(folder, { batchSize: 7, windowRows: 60 });
    expect(store).toMatchObject({ rows: 203, dtype, about: { model: 'tiny' }, isComplete: true });
    await store.verify();
    expect(rising((await numbersIn(store.iterator())).flat())).toEqual(range(203));
    await store.close();
  },
);

withPeers('outliers are those that dictionary_learning masks, as torch computes them', async () => {
  // Its mask: norms > norms.median() * max_activation_norm_multiple, of the whole batch.
  const batches = 6;
  const data = range(batches).map((batch) => {
    const values = tf.tidy(() => {
      const scale = tf.exp(tf.randomNormal([batch % 2 ? 31 : 32, 1], 0, 1, 'float32', 5 + batch));
      const normal = tf.randomNormal(
        [scale.shape[0] as number, WIDTH],
        0,
        1,
        'float32',
        99 + batch,
      );
      return tf.mul(normal, scale).arraySync() as number[][];
    });
    return values;
  });
  await fs.writeFile(join(folder, 'data.json'), JSON.stringify(data));
  const kept = inPython(
    'import json, torch',
    'kept, first = [], 0',
    'for batch in json.load(open("data.json")):',
    '    x = torch.tensor(batch)',
    '    norms = x.norm(dim=-1)',
    '    mask = ~(norms > norms.median() * 2.5)',
    '    kept += (torch.nonzero(mask).flatten() + first).tolist()',
    '    first += len(x)',
    'print(json.dumps(kept))',
  ) as number[];
  const rows = {
    iterator: () => {
      let batch = 0;
      let first = 0;
      const next = async () => {
        const values = data[batch++];
        if (values === undefined) return { value: null, done: true };
        const numbers = Int32Array.from(values, (_, i) => first + i);
        first += values.length;
        const origin = { examples: numbers, positions: numbers };
        return { value: { xs: tf.tensor2d(values), origin }, done: false };
      };
      return { next };
    },
  };
  const store = await writeActivations(rows, join(folder, 'store'), { maxNormMultiple: 2.5 });
  const found: number[] = [];
  const iterator = store.iterator();
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    const { xs, origin } = next.value as { xs: tf.Tensor; origin: RowOrigin };
    xs.dispose();
    found.push(...origin.examples);
  }
  await store.close();
  expect(kept.length).toBeLessThan(data.flat().length - 5);
  expect(rising(found)).toEqual(kept);
});
