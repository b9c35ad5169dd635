import * as tf from '@tensorflow/tfjs-core';
import type { ModelCompileArgs } from '@tensorflow/tfjs-layers';
import type { StepName } from '../engine/choice';
import { badFile, SAEError, wrongOption } from '../errors';
import { KerasAdam } from '../optimizers/kerasAdam';
import { checkOptions } from '../options';
import { COMPILE_RULES, type SAECompileArgs } from './args';

/** The loss for files, which the base class requires; it is never computed. */
const NOMINAL_LOSS = 'meanSquaredError';

/** The checked arguments of `compile`. */
export interface Compiling {
  /** The arguments for tfjs's `compile`. */
  readonly base: ModelCompileArgs;
  readonly step: StepName;
  readonly threads: number | undefined;
  /** Whether the optimizer was created here, so that nothing else refers to it. */
  readonly isOptimizerMade: boolean;
}

/**
 * Checks the arguments of `compile`.
 *
 * @param where the method, for the error
 * @throws SAE_OPTION for an unknown option, a wrong value, or a loss.
 */
export function checkCompileArgs(where: string, args: SAECompileArgs): Compiling {
  const { step, threads } = checkOptions<Pick<Compiling, 'step' | 'threads'>>(
    where,
    COMPILE_RULES,
    args,
  );
  const { optimizer = new KerasAdam(), metrics, loss = NOMINAL_LOSS } = args;
  if (loss !== NOMINAL_LOSS) {
    const advice = 'Leave loss out; for one more number in the logs, give metrics.';
    throw wrongOption(`${where}.loss`, "no loss, for it is the architecture's own", loss, advice);
  }
  // The instanceof of tf.Optimizer fails for null.
  if (!optimizer || !(typeof optimizer === 'string' || optimizer instanceof tf.Optimizer)) {
    const advice = 'Give new KerasAdam({learningRate: 1e-3}), or tf.train.adam().';
    const expected = 'a tf.Optimizer or the name of one';
    throw wrongOption(`${where}.optimizer`, expected, optimizer, advice);
  }
  const isOptimizerMade = optimizer !== args.optimizer || typeof optimizer === 'string';
  const base = { optimizer, loss, ...(metrics === undefined ? {} : { metrics }) };
  return { base, step, threads, isOptimizerMade };
}

/**
 * Calls tfjs's `compile`.
 *
 * @throws SAE_OPTION for an optimizer or metrics that tfjs does not know.
 */
export function compileBase(where: string, compile: () => void): void {
  try {
    compile();
  } catch (error) {
    const advice = 'Give an optimizer and metrics as objects or functions, or by names as "adam".';
    throw wrongOption(where, 'an optimizer and metrics that tfjs knows', String(error), advice);
  }
}

/**
 * Calls tfjs's `loadTrainingConfig`.
 *
 * @throws SAE_FILE for an unknown optimizer, schedule or metric.
 */
export function compileFromFile(where: string, compile: () => void): void {
  try {
    compile();
  } catch (error) {
    if (error instanceof SAEError) throw error;
    const advice = 'Register its class with tf.serialization.registerClass, or compile anew.';
    throw badFile(where, 'a training configuration', String(error), advice, error);
  }
}
