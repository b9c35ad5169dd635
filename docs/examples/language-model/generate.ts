/** Text, a token at a time. */
import * as tf from '@tensorflow/tfjs';
import { type Hook, KeyValueCache, type Llama } from './llama';

/** How a text goes on. */
export interface GenerateArgs {
  /** Tokens to write at most; 50 by default. */
  tokens?: number;
  /** 0, the default, takes the likeliest token; more than 0 draws among all. */
  temperature?: number;
  /** An integer from which the draws follow; 0 by default. */
  seed?: number;
  /** Whether to stop at the token that ends texts; true by default. */
  stopAtEnd?: boolean;
  /** Reads or changes the residual stream while the model writes: this is where a feature is turned up. */
  hook?: Hook;
}

/**
 * Yields the tokens with which a model goes on after a text.
 *
 * @param ids token numbers of the text
 */
export async function* generate(
  model: Llama,
  ids: readonly number[],
  { tokens = 50, temperature = 0, seed = 0, stopAtEnd = true, hook }: GenerateArgs = {},
): AsyncGenerator<number, void> {
  const cache = new KeyValueCache();
  try {
    let next = ids;
    for (let i = 0; i < tokens; i++) {
      const given = tf.tensor2d([...next], [1, next.length], 'int32');
      const logits = model.forward(given, { cache, lastOnly: true, ...(hook && { hook }) });
      const chosen = tf.tidy(() => {
        const row = tf.reshape<tf.Rank.R2>(logits, [1, -1]);
        if (temperature === 0) return tf.argMax(row, 1);
        return tf.multinomial(tf.div(row, temperature), 1, seed + i);
      });
      tf.dispose([given, logits]);
      const [token] = await chosen.data();
      chosen.dispose();
      if (token === undefined || (stopAtEnd && token === model.config.eos_token)) return;
      yield token;
      next = [token];
    }
  } finally {
    cache.dispose();
  }
}
