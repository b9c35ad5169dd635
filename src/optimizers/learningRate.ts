import { serialization } from '@tensorflow/tfjs-core';
import { missing } from '../errors';
import type { Rule } from '../options';
import { LearningRateSchedule } from './schedules';

/** A fixed rate, or a schedule. */
export type LearningRate = number | LearningRateSchedule;

/** Returns the rule of a learning rate. */
export const learningRateRule = (...fallback: [number?]): Rule<LearningRate> => ({
  expected: 'a finite number ≥ 0 or a LearningRateSchedule',
  accepts: (v) =>
    v instanceof LearningRateSchedule || (typeof v === 'number' && Number.isFinite(v) && v >= 0),
  advice: 'Give a number as 1e-3, or new WarmupCosineDecay({…}).',
  ...(fallback.length === 0 ? {} : { fallback: fallback[0] as number }),
});

/**
 * Returns a rate as stored in an optimizer's config: a number, or a schedule's class and config.
 */
export const learningRateConfig = (rate: LearningRate): serialization.ConfigDictValue =>
  typeof rate === 'number' ? rate : { className: rate.getClassName(), config: rate.getConfig() };

/**
 * Returns the rate of a config made by {@link learningRateConfig}.
 *
 * @param where whose rate it is, for the error
 * @throws SAE_MISSING for a schedule class that tfjs does not know.
 */
export function learningRateFrom(
  where: string,
  config: serialization.ConfigDictValue | undefined,
): unknown {
  if (config === null || typeof config !== 'object' || Array.isArray(config)) return config;
  const className = String(config['className']);
  const classes = serialization.SerializationMap.getMap().classNameMap;
  const known = Object.hasOwn(classes, className) ? classes[className] : undefined;
  if (known === undefined) {
    throw missing(
      where,
      `the schedule class "${className}"`,
      'Register it with tf.serialization.registerClass before loading.',
    );
  }
  const [cls, fromConfig] = known;
  return fromConfig(cls, config['config'] as serialization.ConfigDict);
}
