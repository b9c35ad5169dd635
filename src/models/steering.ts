import * as tf from '@tensorflow/tfjs-core';
import type { EpochTally } from '../engine/epochTally';
import { wrongOption } from '../errors';
import type { BatchMeasures } from '../kernels/numbers';
import type { SparseAutoencoderLayer } from '../layers/sparseAutoencoder';
import { type AnyRules, optional, positive, positiveOrNull, type Rules } from '../options';

/** Options of a model for its L0. */
export interface L0Options {
  targetL0?: number | null;
  recentL0?: number;
}

const L0_RULES: Rules<L0Options> = {
  targetL0: positiveOrNull(null),
  recentL0: optional(positive()),
};

/** How strongly λ responds to a change of L0. */
const GAIN = 12;
/** The number of steps in which a deviation should shrink to a third. */
const PATIENCE = 150;
/** The most that one step may change the logarithm of λ. */
const FASTEST = 0.05;
/** The weight of a batch in the running mean of L0's logarithm. */
const NEWEST = 0.1;
/**
 * A penalty below this share of the squared error has no effect, and λ would not recover from
 * there.
 */
const LEAST_SHARE = 0.005;
/** The largest deviation of a batch's L0 from the target that counts, as a logarithm. */
const FURTHEST = 4;

/**
 * Returns the rules of an architecture, with those of `targetL0` if it has λ or `k` and no such
 * option itself.
 */
export function withL0Rules(rules: AnyRules): AnyRules {
  if ('targetL0' in rules || !('lambdaSparse' in rules || 'k' in rules)) return rules;
  return { ...rules, ...L0_RULES };
}

/**
 * Returns what a model with these options has to do for its L0.
 *
 * @param where the model's class, for the error
 * @param rules the architecture's own rules
 * @param checked all options of the model
 * @returns `options`, where `k` is set to the requested value; and `l0`, if λ is to be adjusted
 * @throws SAE_OPTION for both a target and a `k`, and for a target above the number of features.
 */
export function takeL0Options<T extends L0Options & { encodingDim: number }>(
  where: string,
  rules: AnyRules,
  checked: T,
): { options: Omit<T, keyof L0Options>; l0?: { target: number | null; recent?: number } } {
  if ('targetL0' in rules) return { options: checked };
  const { targetL0: target = null, recentL0: recent, ...options } = checked;
  if (target !== null && target > checked.encodingDim) {
    const expected = `at most encodingDim, ${checked.encodingDim}`;
    throw wrongOption(`${where}.targetL0`, expected, target, 'Give fewer, or more features.');
  }
  if ('k' in rules) {
    if (target === null) return { options };
    const { k } = options as { k?: number };
    if (k !== undefined) {
      throw wrongOption(
        where,
        'k or targetL0',
        { k, targetL0: target },
        'Leave out one of the two.',
      );
    }
    return { options: { ...options, k: target } };
  }
  if (!('lambdaSparse' in rules)) return { options };
  return { options, l0: { target, ...(recent !== undefined && { recent }) } };
}

/**
 * Adjusts λ during training so that L0 reaches a target.
 *
 * With $s_t$ the running mean of $\log(L_0 / \text{target})$ over batches, after each step
 *
 * $$
 * \log\lambda \leftarrow \log\lambda + 12\,\bigl(s_t - s_{t-1} + s_t / 150\bigr)
 * $$
 *
 * limited to 0.05: a deviation should shrink to a third in every 150 steps, and λ rises if it
 * shrinks more slowly. λ does not fall below the point where the penalty is a two-hundredth of the
 * squared error, and so without effect.
 */
export class L0Steering {
  /** The L0 of the last batch. */
  private l0 = Number.NaN;
  /** The values of λ and of the running mean before the last step. */
  private before: { lambda: number; recent: number | undefined } | undefined;

  /**
   * @param target the target, or null for none
   * @param recent the running (geometric) mean of L0, if training has begun
   */
  constructor(
    private readonly sae: SparseAutoencoderLayer,
    public target: number | null,
    private recent?: number,
  ) {}

  /** Its values in the model's configuration. */
  get config(): L0Options {
    const { target, recent } = this;
    if (target === null) return {};
    return { targetL0: target, ...(recent !== undefined && { recentL0: recent }) };
  }

  /** Its values in the logs. */
  get logs(): Readonly<Record<string, number>> {
    return this.target === null ? {} : { lambda_sparse: this.lambda };
  }

  private get lambda(): number {
    return (this.sae.options as { lambdaSparse: number }).lambdaSparse;
  }

  /**
   * Returns an object that counts a batch in `tally` and keeps its L0; undefined without a target.
   */
  counting(tally: EpochTally | undefined): Pick<EpochTally, 'add'> | undefined {
    if (this.target === null) return undefined;
    const add = (batch: BatchMeasures) => {
      tally?.add(batch);
      this.l0 = Array.from(batch.firing).reduce((sum, rows) => sum + rows, 0) / batch.rows;
    };
    return { add };
  }

  /**
   * Sets λ after a step.
   *
   * @param logs the step's logs: the loss, then its terms
   */
  async afterStep(logs: readonly tf.Scalar[]): Promise<void> {
    const { target, recent, sae, lambda, l0 } = this;
    if (target === null) return;
    this.before = { lambda, recent };
    const far = Math.log(l0 / target);
    const miss = Math.min(FURTHEST, Math.max(-FURTHEST, far));
    const last = recent === undefined ? miss : Math.log(recent / target);
    const now = last + NEWEST * (miss - last);
    this.recent = target * Math.exp(now);
    const change = GAIN * (now - last + now / PATIENCE);
    const least = LEAST_SHARE * (await this.errorOfPenalty(logs));
    const next = lambda * Math.exp(Math.min(FASTEST, Math.max(-FASTEST, change)));
    sae.setOption('lambdaSparse', Math.max(next, Number.isFinite(least) ? least : 0));
  }

  /** Returns the squared error of a step per unit of its penalty. */
  private async errorOfPenalty(logs: readonly tf.Scalar[]): Promise<number> {
    const at = (of: 'reconstruction' | 'penalty') =>
      1 + this.sae.terms.findIndex((term) => term.of === of);
    const wanted = [at('reconstruction'), at('penalty')].map((i) => logs[i] as tf.Scalar);
    const both = tf.stack(wanted); // a single read from the GPU
    const [error, penalty] = await both.data<'float32'>();
    both.dispose();
    return (error as number) / (penalty as number);
  }

  /** Restores the state before the last step, which was undone. */
  takeBack(): void {
    const { before } = this;
    if (before === undefined || this.target === null) return;
    this.sae.setOption('lambdaSparse', before.lambda);
    this.recent = before.recent;
    this.before = undefined;
  }
}
