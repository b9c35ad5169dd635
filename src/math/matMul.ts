import * as tf from '@tensorflow/tfjs-core';

type Kernel = NonNullable<ReturnType<typeof tf.getKernel>>;

/** Marks a kernel as ours, from any copy of this library: tfjs's own is wrapped only once. */
const OURS = Symbol.for('gated-sae-tfjs.matMul');

/** The part of its backend that a wasm kernel needs here. */
interface DisposingBackend {
  disposeData(dataId: tf.DataId): boolean;
}

/**
 * Makes transposed matrix products fast on the wasm backend, for every model on it.
 *
 * tfjs's wasm kernel uses XNNPACK only if neither side is transposed; otherwise it falls back to
 * scalar loops, some twelve times slower, and every gradient of a product involves a transpose.
 * Transposing first, as a separate kernel, costs a few per cent and keeps the fast path. Calling it
 * again, or on other backends, does nothing. This library's models call it themselves; call it for
 * training other models.
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { useFastMatMul } from 'gated-sae-tfjs';
 * useFastMatMul(); // once the backend is set
 * const product = tf.matMul(tf.ones([2, 3]), tf.ones([4, 3]), false, true);
 * console.log(product.shape); // [2, 4]
 * ```
 */
export function useFastMatMul(): void {
  if (tf.getBackend() !== 'wasm') return;
  const kernel = tf.getKernel(tf.BatchMatMul, 'wasm');
  const transpose = tf.getKernel(tf.Transpose, 'wasm');
  if (!kernel || !transpose || OURS in kernel.kernelFunc) return;
  const kernelFunc = Object.assign(transposeFirst(kernel, transpose), { [OURS]: true });
  tf.unregisterKernel(tf.BatchMatMul, 'wasm');
  tf.registerKernel({ ...kernel, kernelFunc });
}

function transposeFirst(kernel: Kernel, transpose: Kernel): tf.KernelFunc {
  return ({ inputs, backend, attrs }) => {
    const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
    const { transposeA, transposeB } = attrs as unknown as tf.BatchMatMulAttrs;
    const single = [a, b].every((t) => tf.util.sizeFromShape(t.shape.slice(0, -2)) === 1);
    if (!single || !(transposeA || transposeB)) {
      return kernel.kernelFunc({ inputs, backend, attrs });
    }
    const turned: tf.TensorInfo[] = [];
    const turn = (x: tf.TensorInfo, transposed: boolean): tf.TensorInfo => {
      if (!transposed) return x;
      const perm = x.shape.map((_, axis) => axis);
      perm.push(perm.pop() as number, perm.pop() as number);
      const y = transpose.kernelFunc({ inputs: { x }, backend, attrs: { perm } }) as tf.TensorInfo;
      turned.push(y);
      return y;
    };
    const straight = { a: turn(a, transposeA), b: turn(b, transposeB) };
    const product = kernel.kernelFunc({
      inputs: straight,
      backend,
      attrs: { transposeA: false, transposeB: false },
    });
    for (const { dataId } of turned) (backend as DisposingBackend).disposeData(dataId);
    return product;
  };
}

/**
 * Returns the product `a · b`, with either side transposed first, fast on every backend.
 *
 * @returns `[rows, columns]`; the caller disposes it.
 */
export function matMul(
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  transposeA = false,
  transposeB = false,
): tf.Tensor2D {
  useFastMatMul();
  if (tf.getBackend() !== 'webgl') return tf.matMul(a, b, transposeA, transposeB);
  return tf.tidy(() => {
    const left = evenAlong(a, transposeA ? 0 : 1);
    const right = evenAlong(b, transposeB ? 1 : 0);
    return tf.matMul(left, right, transposeA, transposeB);
  });
}

/**
 * Returns the same matrix, with zeros appended to an axis of odd length.
 *
 * tfjs's WebGL kernel stores two rows and two columns in a texel and multiplies whole texels. The
 * unused half of the last texel contains what the previous operation left there, such as the bias
 * after adding one. In a product over an odd number of rows, such as the gradient of an odd batch,
 * it would count.
 */
function evenAlong(x: tf.Tensor2D, axis: 0 | 1): tf.Tensor2D {
  const more = x.shape[axis] % 2;
  if (more === 0) return x;
  return tf.pad(x, [
    [0, axis === 0 ? more : 0],
    [0, axis === 1 ? more : 0],
  ]);
}
