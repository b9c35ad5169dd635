import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import {
  checkpoint,
  GatedSAE,
  KerasAdam,
  type RowDataset,
  resume,
  SAEError,
  type SAEModel,
  type TrainingPlace,
} from '../../src';
import { end } from '../conformance/architecture';

const INPUT = 5;
const ARGS = { epochs: 2, batchSize: 8, verbose: 0 } as const;

let folder: string;
let x: tf.Tensor2D;
beforeAll(() => {
  x = tf.randomNormal([32, INPUT], 0, 1, 'float32', 3);
});
afterAll(() => x.dispose());
beforeEach(() => {
  folder = join(fs.mkdtempSync(join(tmpdir(), 'gated-sae-checkpoint-')), 'to');
});
afterEach(() => {
  jest.restoreAllMocks();
  fs.rmSync(join(folder, '..'), { recursive: true, force: true });
});

async function withModel<T>(use: (model: GatedSAE) => Promise<T>, learningRate = 0.01): Promise<T> {
  const sae = new GatedSAE({ inputDim: INPUT, encodingDim: 12, seed: 1 });
  sae.compile({ optimizer: new KerasAdam({ learningRate }), step: 'tensor' });
  try {
    return await use(sae);
  } finally {
    end(sae);
  }
}

const weightsOf = (model: SAEModel) => model.getWeights().map((weight) => [...weight.dataSync()]);
const files = () => fs.readdirSync(folder).sort();
const steps = () => files().map((name) => Number(name.slice(5, 15)));

/** Resumes, and hands the model back. */
async function resumed<T>(use: (found: Awaited<ReturnType<typeof resume>>) => Promise<T> | T) {
  const found = await resume(folder);
  try {
    return await use(found);
  } finally {
    end(found.model);
  }
}

test('keeps the newest, and nothing else', () =>
  withModel(async (sae) => {
    await sae.fit(x, { ...ARGS, callbacks: checkpoint({ to: folder, everySteps: 1, keep: 3 }) });
    expect(steps()).toEqual([6, 7, 8]);
    await resumed(({ place, model }) => {
      expect(place).toMatchObject({ epoch: 2, batch: 0, step: 8 });
      expect(weightsOf(model)).toEqual(weightsOf(sae));
    });
  }));

test('makes one before the first step and one at the end, and others as time passes', () =>
  withModel(async (sae) => {
    const seen: number[][] = [];
    const look = { onBatchEnd: async () => void seen.push(steps()) };
    await sae.fit(x, { ...ARGS, callbacks: [checkpoint({ to: folder }), look] });
    expect(seen).toEqual(Array(8).fill([0]));
    expect(steps()).toEqual([0, 8]);
    await sae.fit(x, {
      ...ARGS,
      callbacks: checkpoint({ to: folder, everySeconds: 1e-6, keep: 10 }),
    });
    expect(steps()).toEqual([0, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
  }));

test('passes over what is torn or damaged, and says so', () =>
  withModel(async (sae) => {
    const warn = jest.spyOn(console, 'warn').mockImplementation();
    await sae.fit(x, { ...ARGS, callbacks: checkpoint({ to: folder, everySteps: 1, keep: 4 }) });
    const [, , seventh, eighth] = files().map((name) => join(folder, name)) as string[];
    fs.truncateSync(eighth as string, 500);
    const bytes = fs.readFileSync(seventh as string);
    const at = bytes.length - 600; // in the weights, before the list of members
    bytes[at] = (bytes[at] as number) ^ 1;
    fs.writeFileSync(seventh as string, bytes);

    await resumed(async ({ place, model }) => {
      expect(place.step).toBe(6);
      expect(warn).toHaveBeenCalledTimes(2);
      expect(warn.mock.calls[0]?.[0]).toContain(eighth);
      expect(warn.mock.calls[1]?.[0]).toMatch(
        /weights\.bin as it was written; received another checksum/,
      );
      const callbacks = checkpoint({ to: folder, everySteps: 1 });
      await model.fit(x, { ...ARGS, callbacks, resumeAt: place });
      expect(weightsOf(model)).toEqual(weightsOf(sae));
    });
    await resumed(({ place }) => expect(place.step).toBe(8));
    expect(warn).toHaveBeenCalledTimes(2);
    for (const name of files()) fs.truncateSync(join(folder, name), 20);
    await expect(resume(folder)).toBeRefused(
      'SAE_FILE',
      folder,
      'expected a checkpoint that is whole; received 2 that are not. Name the place that checkpoint wrote to, or begin anew.',
    );
  }));

/** Makes a checkpoint, and changes what it holds as a stranger may, checksums and all. */
async function forge(
  sae: GatedSAE,
  changed: (member: 'training.json' | 'model.json', json: never) => object,
): Promise<void> {
  const stop = { onBatchEnd: async (batch: number) => stopAt(sae, batch === 1) };
  const callbacks = [stop, checkpoint({ to: folder, everySteps: 8, keep: 1 })];
  await sae.fit(x, { ...ARGS, callbacks });
  const [name] = files() as [string];
  const members = unzipSync(fs.readFileSync(join(folder, name)));
  for (const member of ['training.json', 'model.json'] as const) {
    const json = JSON.parse(strFromU8(members[member] as Uint8Array)) as never;
    members[member] = strToU8(JSON.stringify(changed(member, json)));
  }
  fs.writeFileSync(join(folder, name), zipSync(members, { level: 0 }));
}

const stopAt = (sae: GatedSAE, now: boolean) => {
  if (now) sae.stopTraining = true;
};

test.each<[string, object, object]>([
  ['a run that names another folder', { run: '/../../0' }, {}],
  ['no best epochs', { best: null }, {}],
  ['a best epoch in another folder', { best: { loss: { name: '../secret', value: 1 } } }, {}],
  ['no list of weights', {}, { weightsManifest: null }],
  ['no model', {}, { modelTopology: null }],
])('a file of a stranger with %s is refused', (_, training, model) =>
  withModel(async (sae) => {
    jest.spyOn(console, 'warn').mockImplementation();
    const by = { 'training.json': training, 'model.json': model };
    await forge(sae, (member, json: object) => ({ ...json, ...by[member] }));
    await expect(resume(folder)).rejects.toThrow(/^SAE_FILE/);
  }),
);

test(
  'a file of a stranger with any part of another kind is refused, or trains on',
  () =>
    withModel(async (sae) => {
      const warn = jest.spyOn(console, 'warn').mockImplementation();
      let original: { place: TrainingPlace } | undefined;
      await forge(sae, (member, json: never) => {
        if (member === 'training.json') original = json;
        return json;
      });
      expect(original?.place).toMatchObject({ batch: 2, measures: { rows: 16 } });
      const [name] = files() as [string];
      const members = unzipSync(fs.readFileSync(join(folder, name)));
      const odd = [null, -1, 0.5, 2 ** 53 - 1, 'x', [1e6], Array(1000).fill(1)];
      const refusedAs = new Map<string, Set<string>>();
      for (const path of pathsOf(original)) {
        // What is kept for the caller is the caller's.
        if (path[0] === 'extra') continue;
        const outcomes = new Set<string>();
        for (const value of odd) {
          const changed = strToU8(JSON.stringify(withValue(original, path, value)));
          const forged = { ...members, 'training.json': changed };
          fs.writeFileSync(join(folder, name), zipSync(forged, { level: 0 }));
          outcomes.add(await trainedOn());
        }
        refusedAs.set(path.join('.'), outcomes);
      }
      warn.mockRestore();
      expect(
        [...refusedAs].filter(([, ends]) => [...ends].some((end) => end.startsWith('!'))),
      ).toEqual([]);
      expect([...(refusedAs.get('place.measures.firing') as Set<string>)]).toEqual(['SAE_FILE']);
    }),
  60_000,
);

/** How it ends to go on with what is in the folder: an error's code, or how much of the history is of numbers. */
async function trainedOn(): Promise<string> {
  try {
    return await resumed(async ({ model, place: resumeAt }) => {
      const { history } = await model.fit(x, { ...ARGS, resumeAt });
      const sound = Object.values(history)
        .flat()
        .every((log) => typeof log === 'number');
      return sound ? 'trained' : `!${JSON.stringify(history)}`;
    });
  } catch (error) {
    return error instanceof SAEError ? error.code : `!${error}`;
  }
}

/** Each place in plain data, by the names on the way there. */
function pathsOf(value: unknown, path: readonly string[] = []): string[][] {
  const isList = Array.isArray(value);
  const parts = value !== null && typeof value === 'object' ? Object.entries(value) : [];
  const below = parts.slice(0, isList ? 1 : undefined);
  const own = path.length > 0 ? [[...path]] : [];
  return [...own, ...below.flatMap(([name, part]) => pathsOf(part, [...path, name]))];
}

function withValue(whole: unknown, [name, ...rest]: readonly string[], value: unknown): unknown {
  if (name === undefined) return value;
  const copy = structuredClone(whole) as Record<string, unknown>;
  copy[name] = withValue(copy[name], rest, value);
  return copy;
}

test('a place that is given by hand is of the dictionary that it is given to', () =>
  withModel(async (sae) => {
    await forge(sae, (_, json) => json);
    await resumed(async ({ model, place }) => {
      const measures = { ...place.measures, firing: Array(13).fill(0) } as never;
      const resumeAt = { ...place, measures };
      await expect(model.fit(x, { ...ARGS, resumeAt })).toBeRefused(
        'SAE_STATE',
        'GatedSAE.fit.resumeAt',
        'expected the model that resume gave with this place, of 13 features and rows of width 5; received one of 12 features and rows of width 5. Train the model that came with the place.',
      );
    });
  }));

test('a place without any says so', async () => {
  await expect(resume(folder)).rejects.toThrow(
    'expected a checkpoint that is whole; received none',
  );
});

test('refuses a place with the checkpoints of another training', () =>
  withModel(async (sae) => {
    await sae.fit(x, { ...ARGS, callbacks: checkpoint({ to: folder }) });
    await withModel(async (other) => {
      const before = files();
      await expect(other.fit(x, { ...ARGS, callbacks: checkpoint({ to: folder }) })).toBeRefused(
        'SAE_FILE',
        folder,
        'expected a place without the checkpoints of another training; received 2 of them. Go on with it: resume(…). Or choose another place, or set overwrite: true.',
      );
      expect(other.optimizer.iterations).toBe(0);
      expect(files()).toEqual(before);
      await other.fit(x, { ...ARGS, callbacks: checkpoint({ to: folder, overwrite: true }) });
      expect(files().filter((name) => before.includes(name))).toEqual([]);
    });
  }));

describe('two trainings that write to one place at the same time', () => {
  const args = { ...ARGS, epochs: 4, seed: 3 } as const;
  const refused =
    /^SAE_FILE .*: expected a place to which one training writes; received the checkpoint step-\d{10}-[0-9a-f]{8}\.checkpoint of another, made meanwhile\. Give each training a place of its own/;
  const every = () => checkpoint({ to: folder, everySteps: 1, keep: 2 });

  /** A callback that waits in a batch, once, until it is let on. */
  function gate(batch: number) {
    let arrive = () => {};
    let open = () => {};
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const onBatchEnd = async (at: number) => {
      if (at !== batch) return;
      arrive();
      await opened;
    };
    return { waiting: { onBatchEnd }, arrived, open };
  }

  /** What is there must be one training, as far as it came, bit for bit. */
  async function isOneOf(...models: SAEModel[]): Promise<void> {
    const runs = new Set(files().map((name) => name.slice(16, 24)));
    expect(runs.size).toBe(1);
    await resumed(({ model }) => {
      expect(models.map((one) => weightsOf(one))).toContainEqual(weightsOf(model));
    });
  }

  test('begun at once: at most one goes on, and what is there is its own', () =>
    withModel((one) =>
      withModel(async (other) => {
        const fits = [one, other].map((sae) => sae.fit(x, { ...args, callbacks: every() }));
        const ends = await Promise.allSettled(fits);
        const errors = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
        expect(errors.length).toBeGreaterThanOrEqual(1);
        for (const error of errors) expect(error.message).toMatch(refused);
        const done = [one, other].filter((_, i) => ends[i]?.status === 'fulfilled');
        if (done.length > 0) await isOneOf(...done);
      }),
    ));

  test('one that is told to overwrite takes the place; the other ends without a trace', () =>
    withModel((one) =>
      withModel(async (other) => {
        const { waiting, arrived, open } = gate(1);
        const first = one.fit(x, { ...args, callbacks: [waiting, every()] as never });
        await arrived;
        // Of the step before, which is written meanwhile.
        while (!steps().includes(1)) await new Promise(setImmediate);
        const callbacks = checkpoint({ to: folder, everySteps: 1, overwrite: true });
        await other.fit(x, { ...args, callbacks });
        open();
        await expect(first).rejects.toThrow(refused);
        await isOneOf(other);
      }, 0.02),
    ));

  test('one training resumed twice: the one that writes first goes on', () =>
    withModel(async (sae) => {
      await sae.fit(x, { ...args, epochs: 1, callbacks: every() });
      await resumed(({ model: one, place }) =>
        resumed(async ({ model: other }) => {
          const { waiting, arrived, open } = gate(0);
          const slow = one.fit(x, {
            ...args,
            resumeAt: place,
            callbacks: [waiting, every()] as never,
          });
          await arrived;
          await other.fit(x, { ...args, resumeAt: place, callbacks: every() });
          open();
          await expect(slow).rejects.toThrow(refused);
          await isOneOf(other);
        }),
      );
    }));
});

test('goes on only with the data and arguments that it was begun with', () =>
  withModel(async (sae) => {
    await sae.fit(x, { ...ARGS, seed: 4, callbacks: checkpoint({ to: folder }) });
    await resumed(async ({ model, place: resumeAt }) => {
      const train = (args: object, rows = x) => model.fit(rows, { ...ARGS, resumeAt, ...args });
      await expect(train({ batchSize: 4 })).toBeRefused(
        'SAE_OPTION',
        'GatedSAE.fit.batchSize',
        'expected 8, with which the training was begun; received 4. Train on as it was begun, or without resumeAt.',
      );
      await expect(train({ seed: 5 })).toBeRefused(
        'SAE_OPTION',
        'GatedSAE.fit.seed',
        'expected 4,',
      );
      await expect(train({ shuffle: false })).rejects.toThrow(
        'GatedSAE.fit.shuffle: expected true,',
      );
      await expect(train({ validationSplit: 0.25 })).toBeRefused(
        'SAE_DATA',
        'GatedSAE.fit',
        'expected 32 rows, with which the training was begun; received 24.',
      );
      await expect(train({ resumeAt: { epoch: 1 } })).toBeRefused(
        'SAE_OPTION',
        'GatedSAE.fit.resumeAt',
        'expected the place that resume gave',
      );
      await expect(
        sae.fit(x, { ...ARGS, epochs: 3, resumeAt: { ...resumeAt, step: 3 } }),
      ).toBeRefused(
        'SAE_STATE',
        'GatedSAE.fit.resumeAt',
        'expected the model that resume gave with this place, after step 3; received one after step 8. Train the model that came with the place.',
      );
      const dataset = { iterator: () => ({ next: async () => ({ value: null, done: true }) }) };
      await expect(model.fitDataset(dataset, { epochs: 3, verbose: 0, resumeAt })).toBeRefused(
        'SAE_OPTION',
        'GatedSAE.fitDataset.resumeAt',
        'expected a place of fitDataset;',
      );
      const { history } = await train({});
      expect(history).toEqual({});
    });
  }));

describe('on an error', () => {
  test('of a step, what was trained is there', () =>
    withModel(async (sae) => {
      const bad = x.arraySync();
      (bad[31] as number[])[0] = Number.NaN;
      const rows = tf.tensor2d(bad);
      const callbacks = checkpoint({ to: folder });
      const args = { ...ARGS, shuffle: false, callbacks };
      await expect(sae.fit(rows, args)).rejects.toThrow('SAE_NOT_FINITE');
      rows.dispose();
      expect(steps()).toEqual([0, 3]);
      await resumed(({ place, model }) => {
        expect(place).toMatchObject({ epoch: 0, batch: 3 });
        expect(Object.values(place.sums.totals).every(Number.isFinite)).toBe(true);
        expect(weightsOf(model)).toEqual(weightsOf(sae));
      });
    }));

  test.each(['onBatchBegin', 'onBatchEnd', 'onEpochBegin', 'onEpochEnd', 'onTrainEnd'] as const)(
    'thrown in %s, what was trained is there, and the error comes through',
    (when) =>
      withModel(async (sae) => {
        const fault = new Error('mine');
        let calls = 0;
        const thrower = {
          [when]: async () => {
            calls += 1;
            if (calls === 2 || when === 'onTrainEnd') throw fault;
          },
        };
        const callbacks = [thrower, checkpoint({ to: folder })];
        await expect(sae.fit(x, { ...ARGS, callbacks })).rejects.toBe(fault);
        await resumed(({ place, model }) => {
          expect(place.step).toBe(sae.optimizer.iterations);
          expect(weightsOf(model)).toEqual(weightsOf(sae));
        });
        expect(calls).toBe(when === 'onTrainEnd' ? 1 : 2);
      }),
  );

  test('at the beginning of a batch, its logs that are none are in no sum', () =>
    withModel(async (sae) => {
      const args = { ...ARGS, epochs: 1, seed: 4 };
      const { history } = await withModel((whole) => whole.fit(x, args));
      const fault = new Error('a callback of somebody');
      const onBatchBegin = async (batch: number) => {
        if (batch === 2) throw fault;
      };
      const callbacks = [{ onBatchBegin }, checkpoint({ to: folder })] as never;
      await expect(sae.fit(x, { ...args, callbacks })).rejects.toBe(fault);
      await resumed(async ({ place, model }) => {
        expect(place).toMatchObject({ batch: 2, step: 2, sums: { rows: 16 } });
        const rest = await model.fit(x, { ...args, resumeAt: place });
        expect(rest.history).toEqual(history);
      });
    }));

  test('where nothing can be written, training does not begin', () =>
    withModel(async (sae) => {
      fs.writeFileSync(folder, '');
      const callbacks = checkpoint({ to: join(folder, 'below') });
      await expect(sae.fit(x, { ...ARGS, callbacks })).toBeRefused(
        'SAE_FILE',
        join(folder, 'below'),
        'expected a folder that can be ',
      );
      expect(sae.optimizer.iterations).toBe(0);
    }));

  test('where nothing can be written any more, training ends soon, and says so', () =>
    withModel(async (sae) => {
      const { warn } = console;
      const warned = jest.spyOn(console, 'warn').mockImplementation((text) => {
        if (!String(text).startsWith('checkpoint: ')) warn(text);
      });
      const breaking = {
        onBatchEnd: async (batch: number) => {
          if (batch !== 1) return;
          fs.rmSync(folder, { recursive: true, force: true });
          fs.writeFileSync(folder, '');
        },
      };
      const callbacks = [
        new tf.CustomCallback(breaking),
        checkpoint({ to: folder, everySteps: 1 }),
      ];
      const training = sae.fit(x, { ...ARGS, epochs: 100, callbacks });
      await expect(training).toBeRefused('SAE_FILE', folder, 'expected a folder');
      // One that is being written does not hold training up.
      expect(sae.optimizer.iterations).toBeLessThan(6);
      expect(warned).toHaveBeenCalledTimes(1); // of the last one, which the fault has asked for
    }));
});

describe('the best epoch', () => {
  /** Rows whose loss first falls and then rises, for the rate is far too high. */
  const args = { ...ARGS, epochs: 6, validationSplit: 0.25, seed: 2 };

  test('stays, can be resumed, and is restored at the end', () =>
    withModel(async (sae) => {
      const byEpoch: number[][][] = [];
      const note = { onEpochEnd: async () => void byEpoch.push(weightsOf(sae)) };
      const best = { monitor: 'val_loss', restore: true };
      const callbacks = [note, checkpoint({ to: folder, everySteps: 2, best })];
      const { history } = await sae.fit(x, { ...args, callbacks });
      const losses = history['val_loss'] as number[];
      const at = losses.indexOf(Math.min(...losses));
      expect(at).toBeLessThan(5);
      expect(weightsOf(sae)).toEqual(byEpoch[at]);
      expect({ best: 3 * (at + 1), steps: steps() }).toEqual({ best: 9, steps: [9, 17, 18] });
      const { model, place } = await resume(folder, { best: 'val_loss' });
      expect(place.epoch).toBe(at + 1);
      expect(weightsOf(model)).toEqual(byEpoch[at]);
      end(model);
      await resumed(({ model: newest }) => expect(weightsOf(newest)).toEqual(byEpoch[5]));
      await expect(resume(folder, { best: 'loss' })).rejects.toThrow(
        'expected an epoch that was best by loss; received val_loss.',
      );
    }, 0.5));

  test('is restored after early stopping, which goes on waiting where it was cut off', () =>
    withModel(async (sae) => {
      const callbacks = () => [
        checkpoint({ to: folder, everySteps: 1, best: { monitor: 'val_loss', restore: true } }),
        tf.callbacks.earlyStopping({ monitor: 'val_loss', patience: 2 }),
      ];
      const { history } = await sae.fit(x, { ...args, epochs: 20, callbacks: callbacks() });
      const ended = history['val_loss']?.length as number;
      expect(ended).toBeLessThan(20);
      fs.rmSync(folder, { recursive: true });
      await withModel(async (broken) => {
        const stop = {
          onEpochEnd: async (epoch: number) => {
            if (epoch === ended - 2) throw new Error('stop');
          },
        };
        const all = [...callbacks(), stop];
        await expect(broken.fit(x, { ...args, epochs: 20, callbacks: all })).rejects.toThrow(
          'stop',
        );
      }, 0.5);
      await resumed(async ({ model, place }) => {
        const rest = await model.fit(x, {
          ...args,
          epochs: 20,
          callbacks: callbacks(),
          resumeAt: place,
        });
        expect(rest.epoch).toEqual([ended - 1]);
        expect(weightsOf(model)).toEqual(weightsOf(sae));
      });
    }, 0.5));

  test.each([
    ['val_los', 'Did you mean "val_loss"?', 0.25],
    ['val_loss', 'Give validationData or validationSplit, or watch another log.', 0],
    ['L0_mean', 'Watch one of these.', 0.25],
  ])('by a log that there is not, %s, is refused', (monitor, advice, validationSplit) =>
    withModel(async (sae) => {
      const callbacks = checkpoint({ to: folder, best: { monitor } });
      const refused = expect(sae.fit(x, { ...ARGS, validationSplit, callbacks })).rejects;
      await refused.toThrow(
        /^SAE_OPTION checkpoint\.best\.monitor: expected a log of this training: /,
      );
      await expect(
        sae.fit(x, {
          ...ARGS,
          validationSplit,
          callbacks: checkpoint({ to: folder, best: { monitor } }),
        }),
      ).rejects.toThrow(`received "${monitor}". ${advice}`);
    }),
  );

  test('by a log that another callback adds', () =>
    withModel(async (sae) => {
      const add = {
        onEpochEnd: async (epoch: number, logs?: tf.Logs) => {
          if (logs) logs['mine'] = [3, 9][epoch] as number;
        },
      };
      const best = { monitor: 'mine', mode: 'max' } as const;
      await sae.fit(x, { ...ARGS, callbacks: [add, checkpoint({ to: folder, best })] });
      const { place, model } = await resume(folder, { best: 'mine' });
      expect(place.epoch).toBe(2);
      end(model);
    }));
});

describe('of a dataset', () => {
  const BATCHES = 4;
  let read: string[];
  beforeEach(() => {
    read = [];
  });
  const rowsOf = (pass: number, batch: number) =>
    tf.randomNormal([8, INPUT], 0, 1, 'float32', 100 * pass + batch + 1);

  /** Other batches in each pass: by the number of passes that were begun, as tf.data shuffles. */
  function passing(): RowDataset {
    let passes = 0;
    return {
      iterator: () => {
        const pass = passes++;
        let batch = 0;
        return {
          next: async () => {
            if (batch === BATCHES) return { value: null, done: true };
            read.push(`${pass}/${batch}`);
            return { value: rowsOf(pass, batch++), done: false };
          },
        };
      },
    };
  }
  function seeking(): RowDataset {
    const iteratorAt = (pass: number, first: number) => {
      let batch = first;
      return {
        next: async () => {
          if (batch === BATCHES) return { value: null, done: true };
          read.push(`${pass}/${batch}`);
          return { value: rowsOf(pass, batch++), done: false };
        },
      };
    };
    return { size: 4, iterator: () => iteratorAt(0, 0), iteratorAt };
  }

  const stopAfter = (count: number) => {
    let left = count;
    return {
      onBatchEnd: async () => {
        left -= 1;
        if (left === 0) throw new Error('stop');
      },
    };
  };

  test.each([
    ['is read up to the place', passing, {}, ['2/0', '2/1', '2/2', '2/3']],
    ['can seek is not read', seeking, {}, ['2/2', '2/3']],
    [
      'has one pass for all is read up to the place',
      passing,
      { epochs: 2, batchesPerEpoch: 2 },
      ['0/0', '0/1', '0/2', '0/3'],
    ],
  ])('one that %s', (_, dataset, more, expected) =>
    withModel(async (sae) => {
      const inOne = 'batchesPerEpoch' in more;
      const args = { epochs: 3, verbose: 0, ...more };
      const stop = inOne ? 3 : 10;
      await sae.fitDataset(dataset(), args);
      await withModel(async (broken) => {
        const callbacks = [checkpoint({ to: folder }), stopAfter(stop)];
        await expect(broken.fitDataset(dataset(), { ...args, callbacks })).rejects.toThrow('stop');
      });
      await resumed(async ({ model, place }) => {
        expect(place).toMatchObject(inOne ? { epoch: 1, batch: 1 } : { epoch: 2, batch: 2 });
        read = [];
        const numbers: number[] = [];
        const note = { onBatchBegin: async (batch: number) => void numbers.push(batch) };
        await model.fitDataset(dataset(), { ...args, resumeAt: place, callbacks: note });
        expect(read).toEqual(expected);
        expect(numbers).toEqual(inOne ? [1] : [2, 3]);
        expect(weightsOf(model)).toEqual(weightsOf(sae));
      });
    }),
  );

  test('that is shorter than the place is refused', () =>
    withModel(async (sae) => {
      const callbacks = [checkpoint({ to: folder }), stopAfter(3)];
      await expect(sae.fitDataset(passing(), { verbose: 0, callbacks })).rejects.toThrow('stop');
      await resumed(async ({ model, place }) => {
        const short = { iterator: () => ({ next: async () => ({ value: null, done: true }) }) };
        await expect(model.fitDataset(short, { verbose: 0, resumeAt: place })).rejects.toThrow(
          /^SAE_DATA .*: expected at least 3 batches, which have been trained on; received 0\. /,
        );
        const sized = { ...place, order: { ...place.order, batches: 4 } };
        await expect(
          model.fitDataset({ ...seeking(), size: 5 }, { verbose: 0, resumeAt: sized }),
        ).toBeRefused(
          'SAE_DATA',
          'GatedSAE.fitDataset',
          'expected 4 batches, with which the training',
        );
      });
    }));
});

test('extra comes back', () =>
  withModel(async (sae) => {
    let calls = 0;
    const extra = () => ({ calls: ++calls });
    await sae.fit(x, { ...ARGS, callbacks: checkpoint({ to: folder, extra }) });
    await resumed(({ extra: back }) => expect(back).toEqual({ calls: 2 }));
  }));

test('its options are checked', () => {
  expect(() => checkpoint({ to: '' })).toThrow('SAE_OPTION checkpoint.to: expected the name of a');
  expect(() => checkpoint({ to: 'x', everyStep: 3 } as never)).toThrow(
    'Did you mean "everySteps"?',
  );
  expect(() => checkpoint({ to: 'x', everySteps: 3, everySeconds: 1 })).toThrow(
    'SAE_OPTION checkpoint: expected everySteps or everySeconds; received',
  );
  expect(() => checkpoint({ to: 'x', best: { monitr: 'loss' } as never })).toThrow(
    'SAE_OPTION checkpoint.best: expected options among monitor, mode, restore; received "monitr".',
  );
});

describe('seed', () => {
  test('the order of the rows follows from it and the epoch', async () => {
    const losses = async (args: object) =>
      withModel(async (sae) => (await sae.fit(x, { ...ARGS, ...args })).history['loss']);
    const first = await losses({ seed: 3 });
    expect(await losses({ seed: 3 })).toEqual(first);
    expect(await losses({ seed: 4 })).not.toEqual(first);
    expect(await losses({})).not.toEqual(await losses({}));
    await expect(losses({ seed: -1 })).toBeRefused(
      'SAE_OPTION',
      'GatedSAE.fit.seed',
      'expected an integer from 0 to 4294967295; received -1.',
    );
  });

  test('each epoch goes through all rows once, in an order of its own', async () => {
    // At rate 0 each row has a loss of its own, by which it is known.
    const orders = (args: object) =>
      withModel(async (sae) => {
        sae.compile({ optimizer: 'sgd' });
        (sae.optimizer as tf.SGDOptimizer).setLearningRate(0);
        await sae.trainOnBatch(x); // brings decoder rows to norm 1
        const epochs: number[][] = [];
        const onEpochBegin = async () => {
          epochs.push([]);
        };
        const onBatchEnd = async (_: number, logs?: tf.Logs) => {
          epochs.at(-1)?.push(logs?.['loss'] as number);
        };
        const callbacks = { onEpochBegin, onBatchEnd };
        await sae.fit(x, { epochs: 3, batchSize: 1, verbose: 0, callbacks, ...args });
        return epochs;
      });
    // A row's loss moves by rounding, as each step brings rows to norm 1 again.
    const known = (await orders({ shuffle: false, seed: 3, epochs: 1 }))[0] as number[];
    const apart = [...known].sort((a, b) => a - b).map((loss, i, all) => loss - (all[i - 1] ?? 0));
    expect(Math.min(...apart)).toBeGreaterThan(1e-4);
    const nearest = (loss: number) =>
      known.reduce((best, other, row) => {
        return Math.abs(other - loss) < Math.abs((known[best] as number) - loss) ? row : best;
      }, 0);
    const rowsOf = async (args: object) => (await orders(args)).map((epoch) => epoch.map(nearest));
    const all = known.map((_, row) => row);
    expect(await rowsOf({ shuffle: false, seed: 3 })).toEqual([all, all, all]);
    const shuffled = await rowsOf({ seed: 3 });
    expect(await rowsOf({ seed: 3 })).toEqual(shuffled);
    for (const order of shuffled) expect([...order].sort((a, b) => a - b)).toEqual(all);
    expect(new Set([all, ...shuffled].map(String)).size).toBe(4);
  });
});
