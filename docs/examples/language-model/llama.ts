/** The forward pass of a Llama-like language model in tfjs, with hooks on the residual stream. */
import * as tf from '@tensorflow/tfjs';

/** The sizes of a model, as model.json has them. */
export interface LlamaConfig {
  layers: number;
  width: number;
  heads: number;
  /** Heads of keys and values; several heads of queries share each. */
  key_heads: number;
  vocabulary: number;
  /** The longest text, in tokens. */
  context: number;
  norm_epsilon: number;
  rope_theta: number;
  bos_token: number;
  eos_token: number;
}

/** Called with the residual stream `[texts, tokens, width]` after each layer; returns what to continue with. */
export type Hook = (name: string, hidden: tf.Tensor) => tf.Tensor;

/** What a run keeps for the next one. */
export interface ForwardArgs {
  /** Reads or changes the residual stream after layer `layers.0`, `layers.1`, and so on. */
  hook?: Hook;
  /** Keys and values of the tokens before these; it then has those of these, too. */
  cache?: KeyValueCache;
  /** Whether only the last token's logits are computed; false by default. */
  lastOnly?: boolean;
}

/** Keys and values of the tokens that a model has read, so that it reads each once. Dispose it in the end. */
export class KeyValueCache {
  private readonly kept = new Map<number, readonly [tf.Tensor4D, tf.Tensor4D]>();
  /** Tokens that were read. */
  tokens = 0;

  /** Adds keys and values `[texts, keyHeads, tokens, headDim]` of a layer; returns those of all tokens. */
  extend(
    layer: number,
    keys: tf.Tensor4D,
    values: tf.Tensor4D,
  ): readonly [tf.Tensor4D, tf.Tensor4D] {
    const before = this.kept.get(layer);
    const all = before
      ? ([tf.concat4d([before[0], keys], 2), tf.concat4d([before[1], values], 2)] as const)
      : ([tf.clone(keys), tf.clone(values)] as const);
    this.kept.set(layer, [tf.keep(all[0]), tf.keep(all[1])]);
    tf.dispose(before && [...before]);
    return all;
  }

  dispose(): void {
    for (const both of this.kept.values()) tf.dispose([...both]);
    this.kept.clear();
    this.tokens = 0;
  }
}

/**
 * A decoder as Llama has it: RMS norms, rotary positions, heads of queries that share keys and values, a gated
 * MLP, and the embedding as the last matrix (Touvron et al. 2023, arXiv:2302.13971).
 */
export class Llama {
  private readonly headDim: number;

  /** @param weights by name; the model disposes them */
  constructor(
    readonly config: LlamaConfig,
    private readonly weights: Readonly<Record<string, tf.Tensor>>,
  ) {
    const [, queries = 0] = this.weight('layers.0.self_attn.q_proj.weight').shape;
    this.headDim = queries / config.heads;
  }

  /**
   * Returns the logits of the next token after each token, `[texts, tokens, vocabulary]`; the caller disposes
   * them. Texts of different lengths are filled up at their ends: no token sees those after it.
   *
   * @param ids token numbers `[texts, tokens]`, int32
   */
  forward(ids: tf.Tensor2D, { hook = (_, hidden) => hidden, cache, lastOnly }: ForwardArgs = {}) {
    const [texts, tokens] = ids.shape;
    const start = cache?.tokens ?? 0;
    if (start + tokens > this.config.context) {
      throw new RangeError(
        `The text has ${start + tokens} tokens; the model reads ${this.config.context}. Shorten it.`,
      );
    }
    const logits = tf.tidy(() => {
      const embedding = this.weight('embed_tokens.weight');
      const positions = this.positions(start, tokens);
      const mask = causalMask(start, tokens);
      let x = tf.gather(embedding, ids) as tf.Tensor3D;
      for (let layer = 0; layer < this.config.layers; layer++) {
        const attended = this.attention(
          layer,
          this.normalized(x, layer, 'input'),
          positions,
          mask,
          cache,
        );
        const y = tf.add(x, attended) as tf.Tensor3D;
        const z = tf.add(y, this.mlp(layer, this.normalized(y, layer, 'post_attention')));
        x = hook(`layers.${layer}`, z) as tf.Tensor3D;
      }
      const last = lastOnly ? tf.slice(x, [0, tokens - 1, 0], [texts, 1, -1]) : x;
      const normed = rmsNorm(last, this.weight('norm.weight'), this.config.norm_epsilon);
      const rows = tf.reshape<tf.Rank.R2>(normed, [-1, this.config.width]);
      const flat = tf.matMul(rows, embedding as tf.Tensor2D, false, true);
      return tf.reshape<tf.Rank.R3>(flat, [texts, -1, this.config.vocabulary]);
    });
    if (cache) cache.tokens = start + tokens;
    return logits;
  }

  dispose(): void {
    tf.dispose(Object.values(this.weights));
  }

  private weight(name: string): tf.Tensor {
    const found = this.weights[name];
    if (found === undefined) throw new Error(`The model has no weight ${name}. Export it anew.`);
    return found;
  }

  private normalized(
    x: tf.Tensor3D,
    layer: number,
    which: 'input' | 'post_attention',
  ): tf.Tensor3D {
    const scale = this.weight(`layers.${layer}.${which}_layernorm.weight`);
    return rmsNorm(x, scale, this.config.norm_epsilon);
  }

  /** $x W$ for `[texts, tokens, inputs]`. */
  private project(x: tf.Tensor3D, layer: number, name: string): tf.Tensor3D {
    const w = this.weight(`layers.${layer}.${name}.weight`) as tf.Tensor2D;
    const [texts, tokens, inputs] = x.shape;
    const flat = tf.matMul(tf.reshape<tf.Rank.R2>(x, [-1, inputs]), w);
    return tf.reshape(flat, [texts, tokens, -1]);
  }

  private attention(
    layer: number,
    x: tf.Tensor3D,
    positions: Positions,
    mask: tf.Tensor2D,
    cache: KeyValueCache | undefined,
  ): tf.Tensor3D {
    const { heads, key_heads: keyHeads } = this.config;
    const { headDim } = this;
    const [texts, tokens] = x.shape;
    const group = heads / keyHeads;
    const headsOf = (name: string, count: number) => {
      const all = this.project(x, layer, `self_attn.${name}_proj`);
      return tf.transpose(
        tf.reshape(all, [texts, tokens, count, headDim]),
        [0, 2, 1, 3],
      ) as tf.Tensor4D;
    };
    const q = rotated(headsOf('q', heads), positions); // [texts, heads, tokens, headDim]
    const newKeys = rotated(headsOf('k', keyHeads), positions);
    const newValues = headsOf('v', keyHeads);
    const [k, v] = cache?.extend(layer, newKeys, newValues) ?? [newKeys, newValues];
    const seen = k.shape[2]; // tokens before these and these
    // Queries of heads that share keys lie beside each other: one product for all of them.
    const grouped = tf.reshape<tf.Rank.R3>(q, [texts * keyHeads, group * tokens, headDim]);
    const keys = tf.reshape<tf.Rank.R3>(k, [texts * keyHeads, seen, headDim]);
    const values = tf.reshape<tf.Rank.R3>(v, [texts * keyHeads, seen, headDim]);
    const products = tf.mul(tf.matMul(grouped, keys, false, true), 1 / Math.sqrt(headDim));
    const scores = tf.add(tf.reshape(products, [texts * heads, tokens, seen]), mask);
    const weights = tf.reshape<tf.Rank.R3>(tf.softmax(scores), [
      texts * keyHeads,
      group * tokens,
      seen,
    ]);
    const mixed = tf.reshape(tf.matMul(weights, values), [texts, heads, tokens, headDim]);
    const joined = tf.reshape<tf.Rank.R3>(tf.transpose(mixed, [0, 2, 1, 3]), [texts, tokens, -1]);
    return this.project(joined, layer, 'self_attn.o_proj');
  }

  private mlp(layer: number, x: tf.Tensor3D): tf.Tensor3D {
    const gate = this.project(x, layer, 'mlp.gate_proj');
    const up = this.project(x, layer, 'mlp.up_proj');
    const silu = tf.mul(gate, tf.sigmoid(gate));
    return this.project(tf.mul(silu, up), layer, 'mlp.down_proj');
  }

  /** Cosines and sines of the angles by which places are told, `[tokens, headDim / 2]`. */
  private positions(start: number, tokens: number): Positions {
    const half = this.headDim / 2;
    const angles = new Float32Array(tokens * half);
    for (let t = 0; t < tokens; t++) {
      for (let i = 0; i < half; i++) {
        angles[t * half + i] = (start + t) * this.config.rope_theta ** (-i / half);
      }
    }
    const all = tf.tensor2d(angles, [tokens, half]);
    return { cos: tf.cos(all), sin: tf.sin(all) };
  }
}

interface Positions {
  readonly cos: tf.Tensor2D;
  readonly sin: tf.Tensor2D;
}

/** $x / \sqrt{\overline{x^2} + \epsilon} \cdot w$. */
function rmsNorm(x: tf.Tensor3D, w: tf.Tensor, epsilon: number): tf.Tensor3D {
  const meanSquare = tf.mean(tf.square(x), -1, true);
  return tf.mul(tf.mul(x, tf.rsqrt(tf.add(meanSquare, epsilon))), w);
}

/** Turns each pair of the first and the second half of a head by the angle of its place. */
function rotated(x: tf.Tensor4D, { cos, sin }: Positions): tf.Tensor4D {
  const [a, b] = tf.split(x, 2, -1) as [tf.Tensor4D, tf.Tensor4D];
  const first = tf.sub(tf.mul(a, cos), tf.mul(b, sin));
  const second = tf.add(tf.mul(b, cos), tf.mul(a, sin));
  return tf.concat4d([first as tf.Tensor4D, second as tf.Tensor4D], -1);
}

/** 0 where a token sees another, and nearly minus infinity where that comes later; `[tokens, seen]`. */
function causalMask(start: number, tokens: number): tf.Tensor2D {
  const seen = start + tokens;
  const mask = new Float32Array(tokens * seen);
  for (let t = 0; t < tokens; t++) mask.fill(-1e9, t * seen + start + t + 1, (t + 1) * seen);
  return tf.tensor2d(mask, [tokens, seen]);
}
