import * as tf from '@tensorflow/tfjs-core';
import type { ModelCompileArgs } from '@tensorflow/tfjs-layers';
import type { StepName } from '../engine/choice';
import { badFile, SAEError, wrongOption } from '../errors';
import { KerasAdam } from '../optimizers/kerasAdam';
import { checkOptions } from '../options';
import { COMPILE_RULES, type SAECompileArgs } from './args';

/** The base class insists on a loss that it can name in files; it is never computed. */
const NOMINAL_LOSS = 'meanSquaredError';

/** What `compile` was asked for, checked. */
export interface Compiling {
  /** For tfjs's own `compile`. */
  readonly base: ModelCompileArgs;
  readonly step: StepName;
  readonly threads: number | undefined;
  /** Whether the optimizer is one that nobody else knows of. */
  readonly isOptimizerMade: boolean;
}

/**
 * Checks what `compile` was given.
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
  // tf.Optimizer's own instanceof fails of null.
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
 * Calls tfjs's own `compile`.
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
 * Calls tfjs's own `loadTrainingConfig`.
 *
 * @throws SAE_FILE for an optimizer, schedule or metric that is not known here.
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
