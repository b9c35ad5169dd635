import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as Tf from '@tensorflow/tfjs';
import type * as GatedSae from '../../src';
import type { OpenPage } from '../browser/chromium.mts';
import type { Contestant, Turn } from './contestant';
import { WEIGHTS } from './state';

/** A state as it is written, for {@link setUp}. */
interface WrittenState {
  /** Where its files lie on the server. */
  readonly url: string;
  readonly names: readonly string[];
  readonly recipe: Record<string, number>;
  readonly shapes: Readonly<Record<string, number[]>>;
  readonly threads: number;
}

const SCRIPTS = [
  '/node_modules/@tensorflow/tfjs/dist/tf.es2017.min.js',
  '/dist/gated-sae-tfjs.iife.js',
];
const root = join(__dirname, '..', '..');

/** The sparse step in a cross-origin isolated page of headless Chromium, from the script bundle. */
export class BrowserContestant implements Contestant {
  private constructor(
    readonly name: string,
    private readonly open: OpenPage,
  ) {}

  static async start(name: string, folder: string, threads: number): Promise<BrowserContestant> {
    const { ISOLATED, openPage } = await import('../browser/chromium.mts');
    const open = await openPage(ISOLATED);
    const { recipe, shapes } = JSON.parse(
      readFileSync(join(folder, 'meta.json'), 'utf8'),
    ) as WrittenState;
    const url = folder.slice(root.length);
    try {
      for (const script of SCRIPTS) await open.page.addScriptTag({ url: script });
      await open.page.evaluate(setUp, { url, names: WEIGHTS, recipe, shapes, threads });
      return new BrowserContestant(name, open);
    } catch (error) {
      await open.close();
      throw error;
    }
  }

  take(steps: number): Promise<Turn> {
    return this.open.page.evaluate(takeSteps, steps);
  }

  async end(): Promise<void> {
    await this.open.close();
  }
}

type Globals = {
  tf: typeof Tf;
  gatedSAE: typeof GatedSae;
  trainee: { sae: GatedSae.GatedSAE; x: Tf.Tensor };
};

/** Runs in the page. */
async function setUp({ url, names, recipe, shapes, threads }: WrittenState): Promise<void> {
  const { tf, gatedSAE } = globalThis as unknown as Globals;
  await tf.setBackend('cpu');
  const read = async (name: string) => {
    const file = await fetch(`${url}/${name}.f32`);
    return tf.tensor(new Float32Array(await file.arrayBuffer()), shapes[name] as number[]);
  };
  const { lambdaSparse, auxWeight, clipNorm, ...adam } = recipe;
  const [inputDim, encodingDim] = shapes['W_gate'] as [number, number];
  const sizes = { inputDim, encodingDim };
  const sae = new gatedSAE.GatedSAE({ ...sizes, lambdaSparse, auxWeight, clipNorm, seed: 0 });
  const weights: Tf.Tensor[] = [];
  for (const name of names) weights.push(await read(name));
  sae.setWeights(weights);
  tf.dispose(weights);
  sae.compile({ optimizer: new gatedSAE.KerasAdam(adam), step: 'sparse', threads });
  Object.assign(globalThis, { trainee: { sae, x: await read('x') } });
}

/** Runs in the page. */
async function takeSteps(steps: number): Promise<Turn> {
  const { sae, x } = (globalThis as unknown as Globals).trainee;
  const milliseconds: number[] = [];
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const start = performance.now();
    losses.push(((await sae.trainOnBatch(x)) as number[])[0] as number);
    milliseconds.push(performance.now() - start);
  }
  return { milliseconds, loss: losses[0] as number };
}
