import { mkdir, rm } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs';
import * as everywhere from '../../src';
import * as inNode from '../../src/node';
import { CALLS, type Call, FOLDER, makeInputs } from './calls';
import { ODD_OPTIONS, ODD_VALUES } from './oddValues';

const { SAEError } = everywhere;
const root = process.cwd();
const EXPORTS = Object.entries({ ...everywhere, ...inNode }).filter(
  ([, given]) => typeof given === 'function',
) as [string, { readonly prototype?: object }][];

beforeAll(async () => {
  for (const level of ['log', 'warn'] as const) {
    jest.spyOn(console, level).mockImplementation(() => {});
  }
  process.env['HF_HUB_OFFLINE'] = '1'; // what is odd in place of a fetchFunc asks nobody
  await mkdir(FOLDER, { recursive: true });
  process.chdir(FOLDER); // a text is a path to many of them
  await makeInputs();
});
afterAll(async () => {
  process.chdir(root);
  await rm(FOLDER, { recursive: true, force: true });
});

describe('the table has', () => {
  test('every function that is exported', () => {
    expect(Object.keys(CALLS).sort()).toEqual(EXPORTS.map(([name]) => name).sort());
  });

  test.each(EXPORTS.filter(([name]) => /^[A-Z]/.test(name)))('every method of %s', (name, cls) => {
    const rows = Object.values(CALLS).flatMap((calls) => Object.keys(calls));
    const own = Object.keys(CALLS[name] as object);
    const inherited = methodsOf(cls).filter((method) => !own.includes(method));
    expect(inherited.filter((method) => !rows.includes(method))).toEqual([]);
  });
});

/** The names of a class's methods, down to what it has of tfjs. */
function methodsOf(cls: { readonly prototype?: object }): string[] {
  const names: string[] = [];
  for (let at = cls.prototype; at && !isOthers(at); at = Object.getPrototypeOf(at)) {
    const described = Object.entries(Object.getOwnPropertyDescriptors(at));
    names.push(...described.filter(([, { value }]) => typeof value === 'function').map(([n]) => n));
  }
  return names.filter((name) => name !== 'constructor');
}
const OTHERS = [tf.LayersModel, tf.layers.Layer, tf.Optimizer, tf.Callback, Error, Object];
const isOthers = (prototype: object) =>
  OTHERS.some((other) => other.prototype === prototype) ||
  prototype === tf.serialization.Serializable.prototype;

const ALL = Object.entries(CALLS).flatMap(([name, calls]) =>
  Object.entries(calls).flatMap(([method, one]) =>
    typeof one === 'string' ? [] : [[name, method, one] as const],
  ),
);

test.each(ALL)(
  '%s, %s: whatever it is given, it works or says what to do',
  async (_, __, one) => {
    const faults: Record<string, string[]> = {};
    const attempt = async (of: string, args: () => unknown[], mustFail = false) => {
      const { fault, message } = await outcome(one, args, mustFail);
      if (fault !== undefined) faults[fault] = [...(faults[fault] ?? []), of];
      return message;
    };
    await attempt('what is right', one.args);

    const first = one.isMethod ? 1 : 0;
    for (let at = first; at < countOf(one); at++) {
      for (const [name, odd] of Object.entries(ODD_VALUES)) {
        await attempt(`${name} as argument ${at - first}`, () => withValue(one, at, odd));
      }
    }
    const { options } = one;
    if (options !== undefined) {
      const withOption = (name: string, value: () => unknown) =>
        withValue(one, options, (before) => ({ ...(before as object), [name]: value() }));
      const refusal = await attempt('an unknown option', () => withOption('odd', Number), true);
      const [, names = ''] = /expected options among (.*?); received "odd"/.exec(refusal) ?? [];
      expect(names).not.toBe('');
      for (const option of names.split(', ')) {
        for (const [name, odd] of Object.entries(ODD_OPTIONS)) {
          await attempt(`${name} as ${option}`, () => withOption(option, odd));
        }
      }
    }
    expect(faults).toEqual({});
  },
  60_000,
);

function countOf({ args }: Call): number {
  const given = args();
  disposeAll(given);
  return given.length;
}

/** The right arguments with another one in one place; what was there is disposed. */
function withValue({ args }: Call, at: number, value: (before: unknown) => unknown): unknown[] {
  const given = args();
  const before = given[at];
  given[at] = value(before);
  disposeAll(before);
  return given;
}

const MESSAGE =
  /^SAE_[A-Z_]+ .+: expected .+; (received .+|it is not here|there is none here)\. ([A-Z].+[.?])$/s;
const EMPTY_ADVICE = /^(Correct the option|Leave it out|Check it)\.$/;

/** What is wrong with how a call ends, and its error's message. */
async function outcome(
  { act }: Call,
  args: () => unknown[],
  mustFail: boolean,
): Promise<{ fault?: string; message: string }> {
  const before = tf.memory().numTensors;
  const given = args();
  const end = async () => {
    try {
      disposeAll(await act(...given));
      return { message: '', ...(mustFail && { fault: 'nothing was thrown' }) };
    } catch (error) {
      const { message } = error as Error;
      if (!(error instanceof SAEError)) return { message, fault: `not ours: ${error}` };
      const [, , advice = ''] = MESSAGE.exec(message) ?? [];
      const isAdvice = advice !== '' && !EMPTY_ADVICE.test(advice);
      return { message, ...(!isAdvice && { fault: `no advice: ${message}` }) };
    }
  };
  const result = await end();
  disposeAll(given);
  const leaked = tf.memory().numTensors - before;
  return leaked === 0 ? result : { fault: `${leaked} tensors are left`, ...result };
}

/** Disposes every tensor, model and optimizer in something. */
function disposeAll(thing: unknown, depth = 0): void {
  if (thing === null || typeof thing !== 'object' || depth > 3) return;
  if (thing instanceof tf.data.Dataset) return;
  if (thing instanceof tf.layers.Layer) {
    const { _refCount } = thing as unknown as { _refCount: number | null };
    if (_refCount) thing.dispose();
  } else if (thing instanceof tf.Tensor || thing instanceof tf.Optimizer) {
    thing.dispose();
  } else {
    for (const part of Object.values(thing)) disposeAll(part, depth + 1);
  }
}
