/** Real MiniLMs, as python-interop/minilm.py lays them out, with what Python's onnxruntime computes. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Written } from '../io/onnx/fixtures';
import type { RuntimeTensor } from '../io/onnx/runtime';
import { inPeers, peersPython, withPeers } from './peers';

/** Their folders. */
export const MINILMS = ['l6', 'l6-fused', 'l3', 'l3-quantised'] as const;
export type MiniLM = (typeof MINILMS)[number];

/**
 * Kernels of other processors add up in other orders: up to 2·10⁻⁵ of a tensor's largest value were seen.
 * Where rounding to 8 bits stands between, a sum that lies on a step's edge falls on the other side: one of
 * 255 steps.
 */
export const WITHIN: Readonly<Record<MiniLM, number>> = {
  ...{ l6: 5e-5, 'l6-fused': 5e-5, l3: 5e-5 },
  'l3-quantised': 1 / 255,
};
/** Values at a token. */
export const WIDTH = 384;
/** Half way through, what a block hands on. */
export const LAYER: Readonly<Record<MiniLM, string>> = {
  ...{ l6: 'layer_norm_6', 'l6-fused': 'layer_norm_6' },
  l3: '/model/model.0/auto_model/encoder/layer.1/output/LayerNorm/LayerNormalization_output_0',
  'l3-quantised':
    '/model/model.0/auto_model/encoder/layer.1/output/LayerNorm/LayerNormalization_output_0',
};

/** What Python has computed. */
export interface Known {
  readonly sentences: readonly string[];
  readonly inputs: Readonly<Record<string, Written>>;
  /** Names of outputs that are floats. */
  readonly outputs: readonly string[];
  /** Names and shapes of hidden tensors and outputs. */
  readonly tensors: readonly (readonly [string, readonly number[]])[];
}

/** Scores of padding are such numbers, or −∞. */
const MASKED = 1e30;

/** A folder of all of them. */
export class LaidOut {
  readonly folder = mkdtempSync(join(tmpdir(), 'gated-sae-minilm-'));

  pathOf(model: MiniLM): string {
    return join(this.folder, model, 'onnx', 'model.onnx');
  }

  known(model: MiniLM): Known {
    return JSON.parse(readFileSync(join(this.folder, model, 'expected.json'), 'utf8'));
  }

  /** Python's values, by the names of tensors. */
  values(model: MiniLM): Map<string, Float32Array> {
    const bytes = readFileSync(join(this.folder, model, 'expected.f32'));
    const all = new Float32Array(Uint8Array.from(bytes).buffer);
    let at = 0;
    const found = this.known(model).tensors.map(([name, shape]) => {
      const length = shape.reduce((product, axis) => product * axis, 1);
      at += length;
      return [name, all.subarray(at - length, at)] as const;
    });
    return new Map(found);
  }
}

/** That folder, which is there while a file's tests run. */
export function laidOut(): LaidOut {
  const laid = new LaidOut();
  beforeAll(() => {
    if (existsSync(peersPython)) inPeers('minilm.py', '--out', laid.folder);
  }, 120_000);
  afterAll(() => rmSync(laid.folder, { recursive: true }));
  return laid;
}

/** The same test of each model. */
export function eachMiniLM(
  laid: LaidOut,
  title: string,
  use: (model: MiniLM, known: Known) => Promise<void>,
): void {
  for (const model of MINILMS) {
    withPeers(`${model}: ${title}`, () => use(model, laid.known(model)), 180_000);
  }
}

/** Values of a tensor of floats. */
export const floats = (tensor: RuntimeTensor | undefined): Float32Array =>
  tensor?.data as Float32Array;

/** The largest difference of a tensor's values, in parts of the largest value. */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} numbers, not ${b.length}`);
  let [most, largest] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    const [own, other] = [a[i] as number, b[i] as number];
    if (Math.abs(other) < MASKED) largest = Math.max(largest, Math.abs(other));
    else if (own === other) continue;
    const off = Math.abs(own - other);
    if (!(off <= most)) most = off; // what is not a number is no match, either
  }
  return most === 0 ? 0 : most / largest;
}
