/** Every architecture, written in every format that can say it, and opened again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import {
  encodeSAE,
  loadSAE,
  metadataOf,
  type SAEModel,
  SparseAutoencoderLayer,
  saveSAE,
  setMetadata,
} from '../../../src';
import { FORMATS } from '../../../src/io/dictionaries/formats';
import { FORMS, INPUT_DIM, rows, type Subject, stir } from '../../conformance/architecture';

const folder = mkdtempSync(join(tmpdir(), 'dictionaries-'));
afterAll(() => rmSync(folder, { recursive: true }));

const written = FORMATS.filter(({ write }) => write).map(({ name }) => name);
const KINDS: Record<string, unknown>[] = [
  {},
  { centred: false },
  { normalize: 'layer-norm' },
  { normalize: 'mean-norm' },
  { outputDim: 4 },
  { skip: true },
  { encoderStart: 'decoder' },
];
/** Each architecture, and forms of it that are of other weights or are written as another class. */
const ALL = FORMS.filter(([name]) => !name.includes(',') || /saelens|drawn/.test(name));
const METADATA = {
  modelName: 'gpt2',
  hookName: 'blocks.3.hook_resid_pre',
  prependBos: true,
  l0: 12.5,
};

/** A dictionary whose every weight has been moved, as training leaves it. */
function made(subject: Subject, kind: Record<string, unknown>): SAEModel {
  const sae = subject.model({ ...kind, seed: 5 });
  stir(sae.sae);
  const states = Object.entries({ scale: 1.5, threshold: 0.2 });
  tf.tidy(() => {
    for (const [name, weight] of sae.sae.namedWeights) {
      const state = states.find(([of]) => of === name && weight.shape.length === 0);
      if (state) weight.write(tf.scalar(state[1]));
      if (name === 'threshold' && weight.shape.length === 1)
        weight.write(tf.fill(weight.shape as [number], 0.1));
    }
  });
  setMetadata(sae, METADATA);
  return sae;
}

/** The largest difference of what two dictionaries compute, by the largest number or 1. */
async function apart(a: SAEModel, b: SAEModel): Promise<number[]> {
  const x = rows(7);
  const both = [a, b].map((sae) => tf.tidy(() => sae.encode(x)));
  const made = await Promise.all([a, b].map((sae) => sae.reconstruct(x)));
  const found = [both, made].map(([one, other]) => {
    const scale = Math.max(
      1,
      tf.tidy(() => tf.max(tf.abs(one as tf.Tensor)).dataSync()[0] as number),
    );
    return (
      tf.tidy(
        () => tf.max(tf.abs(tf.sub(one as tf.Tensor, other as tf.Tensor))).dataSync()[0] as number,
      ) / scale
    );
  });
  tf.dispose([x, both, made]);
  return found;
}

/** The first result that is one. */
async function firstOf<T, R>(all: readonly T[], of: (one: T) => Promise<R | undefined>) {
  for (const one of all) {
    const result = await of(one);
    if (result !== undefined) return result;
  }
  throw new Error('none of them');
}

describe.each(written)('%s', (format) => {
  test.each(ALL)(
    '%s is the same dictionary, or says why it cannot be said',
    async (name, subject) => {
      for (const [i, kind] of KINDS.entries()) {
        let sae: SAEModel;
        try {
          sae = made(subject, kind);
        } catch {
          continue; // a form that is no transcoder
        }
        const at = join(folder, format, name.replace(/\W+/g, '-'), `${i}`);
        const outcome = await saveSAE(sae, at, { format }).then(
          () => 'written',
          (error: { code?: string }) => error.code,
        );
        expect(['written', 'SAE_UNSUPPORTED']).toContain(outcome);
        if (outcome === 'written') {
          const again = await loadSAE(at);
          expect({ kind, format, apart: await apart(sae, again) }).toEqual({
            kind,
            format,
            apart: [expect.any(Number), expect.any(Number)],
          });
          expect(Math.max(...(await apart(sae, again)))).toBeLessThan(2e-6);
          // Weights alone are of nothing that was said of them.
          const kept = format === 'keras-weights' ? { format } : METADATA;
          expect(metadataOf(again)).toMatchObject(kept);
          again.dispose();
        }
        sae.dispose();
      }
    },
  );

  test('its files are the same in a page', async () => {
    // Some architecture that the format can say.
    const { sae, files } = await firstOf(ALL, async ([, subject]) => {
      const sae = made(subject, {});
      const files = await encodeSAE(sae, { format }).catch(() => sae.dispose());
      return files instanceof Map ? { sae, files } : undefined;
    });
    const chosen = [...files].map(([path, bytes]) => new File([bytes as BlobPart], path));
    const again = await loadSAE(chosen);
    expect(Math.max(...(await apart(sae, again)))).toBeLessThan(2e-6);
    expect(again.sae).toBeInstanceOf(SparseAutoencoderLayer);
    expect(again.inputDim).toBe(INPUT_DIM);
    sae.dispose();
    again.dispose();
  });

  test('a value too large for float16 is refused there, and not in bfloat16', async () => {
    const own: Record<string, string> = { sparsify: 'topk', 'keras-weights': 'gated' };
    const [, subject] = FORMS.find(
      ([name]) => name === (own[format] ?? 'jumprelu'),
    ) as (typeof FORMS)[0];
    const sae = made(subject, {});
    tf.tidy(() => void sae.sae.wDec.write(tf.mul(sae.sae.wDec.read(), 1e6)));
    const half = encodeSAE(sae, { format, dtype: 'float16' });
    if (format === 'tfjs')
      await half; // which has float32 only
    else await expect(half).rejects.toThrow('float16');
    sae.dispose();
  });
});
